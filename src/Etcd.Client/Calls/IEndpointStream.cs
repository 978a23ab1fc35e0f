using Etcd.Grpc;

namespace Etcd.Client.Calls;

/// <summary>A streaming call; disposing it ends it. One reader and one writer at a time.</summary>
internal interface IEndpointStream<in TRequest, TReply> : IDisposable
{
    /// <summary>Sends a message.</summary>
    ValueTask WriteAsync(TRequest request, CancellationToken cancellationToken);

    /// <summary>Ends the requests.</summary>
    ValueTask CompleteAsync(CancellationToken cancellationToken);

    /// <summary>Waits for the next reply.</summary>
    /// <returns>The reply, or <see langword="null"/> when the call ended well.</returns>
    /// <exception cref="RpcException">The call ended otherwise.</exception>
    ValueTask<TReply?> ReadAsync(CancellationToken cancellationToken);
}
