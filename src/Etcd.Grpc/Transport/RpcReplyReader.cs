using System.Buffers;
using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Transport;

/// <summary>Takes reply messages and the final status out of a stream.</summary>
internal sealed class RpcReplyReader(RpcTransportStream stream, int messageBytesMax) : IDisposable
{
    private const int ReadBytes = 4096;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
    private int _start;
    private int _end;
    private bool _gzip;
    private PooledBuffer? _plain;

    /// <summary>Response headers, once read.</summary>
    public RpcHeaderBlock? Head { get; private set; }

    /// <summary>The block that carried the status, once the call has ended.</summary>
    public RpcHeaderBlock? Final { get; private set; }

    /// <summary>Waits for the headers.</summary>
    /// <exception cref="RpcException">The answer is no RPC, or its status says that the call failed.</exception>
    public async ValueTask<RpcHeaderBlock> ReadHeadAsync(CancellationToken cancellationToken)
    {
        if (Head is { } known)
        {
            return known;
        }

        RpcHeaderBlock head = await stream.ReadHeadAsync(cancellationToken).ConfigureAwait(false);
        Head = head;
        ReplyRules.CheckHead(head);
        if (head.Status is not null)
        {
            Final = head;
        }

        _gzip = head.Encoding == RpcHeaderNames.Gzip;
        return head;
    }

    /// <summary>Reads the next message.</summary>
    /// <returns>The message, valid until the next read; <see langword="null"/> at the end of a call whose status is OK.</returns>
    /// <exception cref="RpcException">The call ended with another status, or the message is damaged or too large.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadMessageAsync(CancellationToken cancellationToken)
    {
        if (Head is null)
        {
            await ReadHeadAsync(cancellationToken).ConfigureAwait(false);
        }

        if (Final is not null)
        {
            return null;
        }

        if (!await FillAsync(RpcFrame.PrefixBytes, cancellationToken).ConfigureAwait(false))
        {
            ReplyRules.CheckFinal(stream.Trailers);
            Final = stream.Trailers;
            return null;
        }

        RpcFrame.TryReadPrefix(
            new ReadOnlySequence<byte>(_buffer, _start, RpcFrame.PrefixBytes), out bool compressed, out long messageBytes);
        if (messageBytes > messageBytesMax)
        {
            throw RpcFrame.TooLarge(messageBytes, messageBytesMax);
        }

        _start += RpcFrame.PrefixBytes;
        if (messageBytes > 0 && !await FillAsync((int)messageBytes, cancellationToken).ConfigureAwait(false))
        {
            throw ReplyRules.CutOff();
        }

        ReadOnlyMemory<byte> message = _buffer.AsMemory(_start, (int)messageBytes);
        _start += (int)messageBytes;
        return compressed ? Decompress(message) : message;
    }

    public void Dispose()
    {
        byte[] buffer = _buffer;
        _buffer = [];
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        _plain?.Dispose();
    }

    /// <summary>Makes sure that so many bytes are buffered.</summary>
    /// <returns><see langword="false"/> when the body ended before the first of them.</returns>
    private async ValueTask<bool> FillAsync(int count, CancellationToken cancellationToken)
    {
        if (_end - _start >= count)
        {
            return true;
        }

        // A claimed length is believed only as far as bytes arrive: the buffer at most doubles ahead of them.
        while (_end - _start < count)
        {
            MakeRoom(count);
            int read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return _end == _start ? false : throw ReplyRules.CutOff();
            }

            _end += read;
        }

        return true;
    }

    private void MakeRoom(int count)
    {
        int held = _end - _start;
        if (_start > 0)
        {
            _buffer.AsSpan(_start, held).CopyTo(_buffer);
            _start = 0;
            _end = held;
        }

        if (held == _buffer.Length && held < count)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(count, held * 2L));
            _buffer.AsSpan(0, held).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
    }

    private ReadOnlyMemory<byte> Decompress(ReadOnlyMemory<byte> message)
    {
        if (!_gzip)
        {
            throw ReplyRules.NotDeclaredCompressed();
        }

        _plain ??= new PooledBuffer();
        GzipMessages.Decompress(new ReadOnlySequence<byte>(message), _plain, messageBytesMax);
        return _plain.Written;
    }
}
