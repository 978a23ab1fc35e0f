using Etcd.Grpc.Transport.Http2.Hpack;

namespace Etcd.Grpc.Server.Http2;

/// <summary>Looks at headers that follow a request's body: nobody reads them, but pseudo-headers have no place there.</summary>
internal sealed class TrailerCheck : IHeaderSink
{
    /// <summary>Whether the block breaks the rule. Source: RFC 9113, section 8.1.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Begins with a new block.</summary>
    public void Begin() => IsMalformed = false;

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        IsMalformed |= name.IsEmpty || name[0] == (byte)':' || name.ContainsAnyInRange((byte)'A', (byte)'Z');
}
