using Etcd.Client;
using Google.Protobuf;

namespace Etcdctl.Mirroring;

/// <summary>Which keys are mirrored, and what they are called at the destination.</summary>
internal sealed class MirrorKeys(byte[] prefix, byte[] destinationPrefix)
{
    /// <summary>The keys at the source.</summary>
    public KeyRange Range { get; } = KeyRange.Prefix(prefix);

    /// <summary>The keys at the source that come after one of them.</summary>
    public KeyRange After(ByteString key) => KeyRange.Between((byte[])[.. key.Span, 0], Range.End);

    /// <summary>A key's name at the destination.</summary>
    public ByteString AtDestination(ByteString key) => ByteString.CopyFrom([.. destinationPrefix, .. key.Span[prefix.Length..]]);
}
