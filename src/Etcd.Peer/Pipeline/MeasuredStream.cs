namespace Etcd.Peer.Pipeline;

/// <summary>Passes writes on and sees to it that they are exactly as many bytes as announced.</summary>
internal sealed class MeasuredStream(Stream destination, long bytesExpected, Action<long> progress) : Stream
{
    private long _written;

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

    /// <summary>Checks that nothing is missing.</summary>
    /// <exception cref="IOException">The file was shorter than announced.</exception>
    public void RequireComplete()
    {
        if (_written != bytesExpected)
        {
            throw new IOException($"the snapshot ended after {_written} of {bytesExpected} bytes");
        }
    }

    /// <inheritdoc />
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_written + buffer.Length > bytesExpected)
        {
            throw new IOException($"the snapshot is longer than the {bytesExpected} bytes announced");
        }

        await destination.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        _written += buffer.Length;
        progress(buffer.Length);
    }

    /// <inheritdoc />
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc />
    public override Task FlushAsync(CancellationToken cancellationToken) => destination.FlushAsync(cancellationToken);

    /// <inheritdoc />
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("the network is written asynchronously");

    /// <inheritdoc />
    public override void Flush()
    {
        // Nothing is kept here, and the network below is flushed asynchronously.
    }

    /// <inheritdoc />
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc />
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void SetLength(long value) => throw new NotSupportedException();
}
