using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Client;

/// <summary>A place in a <see cref="WaitingLine"/>.</summary>
/// <param name="Prefix">What the keys of the line begin with.</param>
/// <param name="Key">The key that holds the place.</param>
/// <param name="Revision">Revision of the key's creation.</param>
/// <param name="IsFirst">Whether nobody was there before.</param>
/// <param name="Found">The key as it was found, when the lease had a place already.</param>
internal sealed record Place(ByteString Prefix, ByteString Key, long Revision, bool IsFirst, KeyValue? Found)
{
    /// <summary>Holds while the place does.</summary>
    public Compare IsKept => Conditions.CreateRevision(Key, Compare.Types.CompareResult.Equal, Revision);
}
