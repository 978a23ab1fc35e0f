namespace Etcd.Grpc.Transport;

/// <summary>The seam between calls and HTTP/2: opens streams to one server, connecting when there is no connection.</summary>
internal abstract class RpcTransport : IAsyncDisposable
{
    /// <summary>Whether a unary call now runs on the calling thread, which then watches the deadline itself.</summary>
    public abstract bool BlocksUnaryCalls { get; }

    /// <summary>Opens a stream whose whole request is known: head, one message and the end leave together.</summary>
    /// <param name="head">What opens the call.</param>
    /// <param name="frame">The message with its prefix; read until the stream is disposed.</param>
    /// <param name="replyBytesMax">Largest reply taken.</param>
    /// <param name="cancellationToken">Ends connecting and opening.</param>
    /// <exception cref="RpcException">No connection can be had (Unavailable).</exception>
    public abstract ValueTask<RpcTransportStream> OpenUnaryAsync(
        RpcCallHead head, ReadOnlyMemory<byte> frame, int replyBytesMax, CancellationToken cancellationToken);

    /// <summary>Opens a stream that is written to later. Its head leaves at once.</summary>
    /// <param name="head">What opens the call.</param>
    /// <param name="cancellationToken">Ends connecting and opening.</param>
    /// <exception cref="RpcException">No connection can be had (Unavailable).</exception>
    public abstract ValueTask<RpcTransportStream> OpenStreamAsync(RpcCallHead head, CancellationToken cancellationToken);

    /// <summary>Closes the connection; calls in progress end.</summary>
    public abstract ValueTask DisposeAsync();
}
