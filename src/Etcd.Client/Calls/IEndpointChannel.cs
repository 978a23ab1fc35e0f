using Etcd.Grpc;
using Google.Protobuf;

namespace Etcd.Client.Calls;

/// <summary>Calls to one endpoint. The seam at which tests put a scripted server.</summary>
internal interface IEndpointChannel : IAsyncDisposable
{
    /// <summary>One request, one reply.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    Task<TReply> UnaryAsync<TRequest, TReply>(
        RpcMethod<TRequest, TReply> method, TRequest request, RpcCallOptions options, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>;

    /// <summary>A call that streams in one or both directions.</summary>
    /// <exception cref="RpcException">There is no connection.</exception>
    Task<IEndpointStream<TRequest, TReply>> StreamAsync<TRequest, TReply>(
        RpcMethod<TRequest, TReply> method, RpcCallOptions options, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>;
}
