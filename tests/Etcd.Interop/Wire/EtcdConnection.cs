using Etcd.Grpc;
using Etcd.Testing.Processes;
using Google.Protobuf;

namespace Etcd.Interop.Wire;

/// <summary>A gRPC connection to a server under test. Every call has a limit, so that a test fails rather than hangs.</summary>
internal sealed class EtcdConnection(EtcdServer server) : IAsyncDisposable
{
    private static readonly RpcCallOptions Bounded = new() { Timeout = TimeSpan.FromSeconds(30) };

    private readonly RpcChannel _channel = new(RpcAddress.Parse(server.Endpoint));

    public Task<TReply> CallAsync<TRequest, TReply>(RpcMethod<TRequest, TReply> method, TRequest request)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply> =>
        CallAsync(method, request, TestContext.Current.CancellationToken);

    public Task<TReply> CallAsync<TRequest, TReply>(RpcMethod<TRequest, TReply> method, TRequest request, CancellationToken cancellationToken)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply> =>
        _channel.UnaryAsync(method, request, Bounded, cancellationToken);

    public Task<RpcStreamCall<TRequest, TReply>> StreamAsync<TRequest, TReply>(RpcMethod<TRequest, TReply> method)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply> =>
        _channel.StreamAsync(method, Bounded, TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _channel.DisposeAsync();
}
