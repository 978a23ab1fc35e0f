using System.Security.Cryptography;

using Etcd.Grpc.Server;
using Etcd.Protocol.Rpc;
using Etcd.Server;

using Google.Protobuf;

namespace Etcd.Api.Services;

/// <summary>A stream that sends what is written to it as snapshot replies: 32 KiB of the file each, then its SHA-256. As etcd's, they have no header.</summary>
internal sealed class SnapshotSender : Stream
{
    private const int BlobBytes = 32 * 1024;

    private readonly RpcReplyWriter _replies;
    private readonly IncrementalHash _hash;
    private readonly CancellationToken _cancellationToken;
    private readonly byte[] _blob = new byte[BlobBytes];
    private int _filled;
    private long _remaining;

    internal SnapshotSender(
        RpcReplyWriter replies, IncrementalHash hash, long totalBytes, CancellationToken cancellationToken)
    {
        _replies = replies;
        _hash = hash;
        _remaining = totalBytes;
        _cancellationToken = cancellationToken;
    }

    /// <inheritdoc />
    public override bool CanRead => false;

    /// <inheritdoc />
    public override bool CanSeek => false;

    /// <inheritdoc />
    public override bool CanWrite => true;

    /// <inheritdoc />
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc />
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc />
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            int taken = Math.Min(buffer.Length, BlobBytes - _filled);
            buffer[..taken].CopyTo(_blob.AsMemory(_filled));
            _filled += taken;
            buffer = buffer[taken..];
            if (_filled == BlobBytes)
            {
                await FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc />
    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_filled == 0)
        {
            return;
        }

        ReadOnlyMemory<byte> blob = _blob.AsMemory(0, _filled);
        _hash.AppendData(blob.Span);
        _remaining -= _filled;
        _filled = 0;
        await SendAsync(blob).ConfigureAwait(false);
    }

    /// <summary>Sends the digest of all that was sent.</summary>
    internal ValueTask SendDigestAsync() => SendAsync(_hash.GetHashAndReset());

    /// <inheritdoc />
    public override void Flush() => throw new NotSupportedException("replies are sent asynchronously");

    /// <inheritdoc />
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc />
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("replies are sent asynchronously");

    private ValueTask SendAsync(ReadOnlyMemory<byte> blob)
    {
        var reply = new SnapshotResponse
        {
            RemainingBytes = (ulong)Math.Max(0, _remaining),
            Blob = UnsafeByteOperations.UnsafeWrap(blob),
            Version = EtcdVersion.Storage,
        };
        reply.WriteTo(_replies.Begin());
        return _replies.SendAsync(_cancellationToken);
    }
}
