using System.Buffers;

namespace Etcd.Grpc.Server;

/// <summary>The requests of a streaming call, one after the other. One reader at a time.</summary>
public abstract class RpcRequestReader
{
    /// <summary>The current request message, in the connection's own buffers; valid until the next <see cref="MoveNextAsync"/>
    /// or the end of the call.</summary>
    public abstract ReadOnlySequence<byte> Current { get; }

    /// <summary>Waits for the next request.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns><see langword="false"/> when the client has finished sending.</returns>
    /// <exception cref="OperationCanceledException">The client has gone or given up, the deadline has passed, or
    /// <paramref name="cancellationToken"/> is cancelled.</exception>
    /// <exception cref="RpcException">The message is too large, damaged or cut off.</exception>
    public abstract ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken);
}
