using System.Text;
using Etcd.Grpc.Transport.Http2.Hpack;

namespace Etcd.Grpc.Transport.Http2;

/// <summary>Collects one block of response headers or trailers.</summary>
internal sealed class Http2ResponseHeaders : IHeaderSink
{
    private const int HeadersMax = 1000;

    private int _count;

    /// <summary>What has been collected.</summary>
    public RpcHeaderBlock Block { get; private set; } = new();

    /// <summary>Begins a new block.</summary>
    public void Begin()
    {
        _count = 0;
        Block = new RpcHeaderBlock();
    }

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (++_count > HeadersMax)
        {
            throw new Http2ConnectionException(Http2ErrorCode.EnhanceYourCalm, "the server sent too many headers");
        }

        // What every reply carries is recognised without making strings of it.
        if (name.SequenceEqual(":status"u8) && value.SequenceEqual("200"u8))
        {
            Block.HttpStatus = 200;
        }
        else if (name.SequenceEqual("grpc-status"u8) && value.Length == 1)
        {
            Block.SetStatus(value[0] - '0');
        }
        else if (name.SequenceEqual("content-type"u8) && value.SequenceEqual("application/grpc"u8))
        {
            Block.SetPlainContentType();
        }
        else if (!name.SequenceEqual("date"u8))
        {
            Block.Add(Encoding.Latin1.GetString(name), Encoding.Latin1.GetString(value));
        }
    }
}
