using Etcd.Grpc.Server.Calls;
using Etcd.Grpc.Transport.Http2.Hpack;
using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Server.Http2;

/// <summary>Encodes the header blocks of replies on one connection. Used under the connection's lock, in the order the blocks leave.</summary>
internal sealed class ReplyHeaders : IDisposable
{
    private readonly PooledBuffer _block = new();

    public HpackEncoder Hpack { get; } = new();

    /// <summary>Begins a block.</summary>
    public void Begin()
    {
        _block.Clear();
        Hpack.BeginBlock(_block);
    }

    /// <summary>Writes the head of a reply.</summary>
    public void AddHead(in ReplyHead head)
    {
        if (head.HttpStatus == 200)
        {
            HpackEncoder.WriteStatic(_block, HpackStaticTable.Status200);
        }
        else
        {
            Hpack.WriteRepeated(_block, HpackStaticTable.Status200, ":status", CallErrors.NumberText(head.HttpStatus));
        }

        if (head.ContentType == RpcHeaderNames.ContentTypeValue)
        {
            Hpack.WriteRepeated(_block, HpackStaticTable.ContentType, RpcHeaderNames.ContentType, RpcHeaderNames.ContentTypeValue);
        }
        else
        {
            // The client's own text: it must not fill the table.
            HpackEncoder.WriteOnce(_block, RpcHeaderNames.ContentType, head.ContentType);
        }

        if (head.UsesGzip)
        {
            Hpack.WriteRepeated(_block, 0, RpcHeaderNames.Encoding, RpcHeaderNames.Gzip);
        }

        if (head.AnnouncesEncodings)
        {
            Hpack.WriteRepeated(_block, 0, RpcHeaderNames.AcceptEncoding, RpcHeaderNames.AcceptedEncodings);
        }

        AddMetadata(_block, head.Metadata);
    }

    /// <summary>Writes the status.</summary>
    public void AddStatus(in ReplyStatus status)
    {
        Hpack.WriteRepeated(_block, 0, RpcHeaderNames.Status, CallErrors.StatusText(status.Code));
        AddRest(_block, status);
    }

    /// <summary>Writes a status that was encoded with <see cref="EncodeStatus"/>.</summary>
    public void AddEncoded(ReadOnlySpan<byte> status)
    {
        status.CopyTo(_block.GetSpan(status.Length));
        _block.Advance(status.Length);
    }

    /// <summary>The block; valid until the next.</summary>
    public ReadOnlySpan<byte> End() => _block.WrittenSpan;

    /// <summary>Encodes a status that leaves at an unknown time: in literals, which need nothing of the table.</summary>
    public static void EncodeStatus(PooledBuffer block, in ReplyStatus status)
    {
        HpackEncoder.WriteOnce(block, RpcHeaderNames.Status, CallErrors.StatusText(status.Code));
        AddRest(block, status);
    }

    public void Dispose() => _block.Dispose();

    private static void AddRest(PooledBuffer block, in ReplyStatus status)
    {
        if (status.Message.Length > 0)
        {
            HpackEncoder.WriteOnce(block, RpcHeaderNames.Message, status.Message);
        }

        AddMetadata(block, status.Trailers);
        AddMetadata(block, status.ErrorTrailers);
    }

    private static void AddMetadata(PooledBuffer block, RpcMetadata? metadata)
    {
        if (metadata is null)
        {
            return;
        }

        foreach ((string name, string value) in metadata.Entries)
        {
            HpackEncoder.WriteOnce(block, name, value);
        }
    }
}
