using Etcd.Grpc.Transport.Http2.Hpack;

namespace Etcd.Grpc.Server.Http2;

/// <summary>Looks at headers that follow a request's body: nobody reads them, but pseudo-headers have no place there.</summary>
internal sealed class TrailerCheck : IHeaderSink
{
    private int _listBytes;

    /// <summary>Whether the block breaks the rule. Source: RFC 9113, section 8.1.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Whether there is more than the server takes. What comes behind that is not looked at.</summary>
    public bool IsTooLarge { get; private set; }

    /// <summary>Begins with a new block.</summary>
    public void Begin()
    {
        _listBytes = 0;
        IsMalformed = false;
        IsTooLarge = false;
    }

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (IsTooLarge)
        {
            return;
        }

        // As in a request's head: a small block can name large entries of the table many times over.
        _listBytes += name.Length + value.Length + HpackEntry.OverheadBytes;
        IsTooLarge = _listBytes > ServerLimits.HeaderListBytesMax;
        IsMalformed |= name.IsEmpty || name[0] == (byte)':' || name.ContainsAnyInRange((byte)'A', (byte)'Z');
    }
}
