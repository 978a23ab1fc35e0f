namespace Etcd.Grpc.Transport;

/// <summary>One HTTP/2 stream of a call. Reading and writing are independent; each has one user at a time.</summary>
/// <remarks>Failures of the transport are <see cref="RpcException"/> with the code of the HTTP/2 mapping.</remarks>
internal abstract class RpcTransportStream : IDisposable
{
    /// <summary>Trailers; <see langword="null"/> until <see cref="ReadAsync"/> has returned 0, and when there were none.</summary>
    public abstract RpcHeaderBlock? Trailers { get; }

    /// <summary>Waits for the response headers.</summary>
    public abstract ValueTask<RpcHeaderBlock> ReadHeadAsync(CancellationToken cancellationToken);

    /// <summary>Reads of the body; 0 at its end.</summary>
    public abstract ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>Sends a part of the request body. Waits while the server takes no more.</summary>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Ends the request body.</summary>
    public abstract ValueTask CompleteAsync(CancellationToken cancellationToken);

    /// <summary>Waits until the reply of a unary call is whole, or the call has failed.</summary>
    /// <param name="deadline">Timestamp at which a caller that blocks gives up; the others are told by <see cref="Cancel"/>.</param>
    /// <exception cref="OperationCanceledException">The deadline passed.</exception>
    public abstract ValueTask WaitForUnaryReplyAsync(long? deadline);

    /// <summary>The reply that <see cref="WaitForUnaryReplyAsync"/> waited for; valid until the stream is disposed.</summary>
    /// <exception cref="RpcException">The call ended with another status than OK, or the reply is damaged.</exception>
    public abstract ReadOnlySpan<byte> TakeUnaryReply();

    /// <summary>Gives the call up; who waits gets <see cref="OperationCanceledException"/>. Any thread.</summary>
    public abstract void Cancel();

    /// <summary>Ends the stream: one that is not at its end yet is reset, so that the server stops.</summary>
    public abstract void Dispose();
}
