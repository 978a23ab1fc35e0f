using Etcd.Grpc.Transport.Http2.Hpack;
using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Transport.Http2;

/// <summary>Encodes the header blocks that open calls on one connection. Used under the connection's lock.</summary>
internal sealed class Http2Requests(RpcAddress address, RpcChannelOptions options) : IDisposable
{
    private readonly PooledBuffer _block = new();
    private readonly int _scheme = address.IsTls ? HpackStaticTable.SchemeHttps : HpackStaticTable.SchemeHttp;
    private readonly string _authority = options.Authority ?? address.Authority;

    public HpackEncoder Hpack { get; } = new();

    /// <summary>Encodes one block; valid until the next.</summary>
    public ReadOnlySpan<byte> Encode(in RpcCallHead head)
    {
        PooledBuffer block = _block;
        block.Clear();
        Hpack.BeginBlock(block);
        HpackEncoder.WriteStatic(block, HpackStaticTable.MethodPost);
        HpackEncoder.WriteStatic(block, _scheme);
        Hpack.WriteRepeated(block, HpackStaticTable.Path, ":path", head.Path);
        Hpack.WriteRepeated(block, HpackStaticTable.Authority, ":authority", _authority);
        Hpack.WriteRepeated(block, HpackStaticTable.ContentType, RpcHeaderNames.ContentType, RpcHeaderNames.ContentTypeValue);
        Hpack.WriteRepeated(block, HpackStaticTable.UserAgent, RpcHeaderNames.UserAgent, options.UserAgent);
        Hpack.WriteRepeated(block, 0, RpcHeaderNames.Te, RpcHeaderNames.Trailers);
        Hpack.WriteRepeated(block, 0, RpcHeaderNames.AcceptEncoding, RpcHeaderNames.AcceptedEncodings);
        if (head.Gzip)
        {
            Hpack.WriteRepeated(block, 0, RpcHeaderNames.Encoding, RpcHeaderNames.Gzip);
        }

        if (head.Timeout is { } timeout)
        {
            HpackEncoder.WriteOnce(block, RpcHeaderNames.Timeout, RpcTimeout.Format(timeout));
        }

        if (head.Metadata is { } metadata)
        {
            foreach ((string name, string value) in metadata.Entries)
            {
                HpackEncoder.WriteOnce(block, name, value);
            }
        }

        return block.WrittenSpan;
    }

    public void Dispose() => _block.Dispose();
}
