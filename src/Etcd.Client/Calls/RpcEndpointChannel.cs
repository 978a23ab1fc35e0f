using Etcd.Grpc;
using Google.Protobuf;

namespace Etcd.Client.Calls;

/// <summary>The channel of the real transport.</summary>
internal sealed class RpcEndpointChannel(RpcChannel channel) : IEndpointChannel
{
    /// <summary>Creates the channel of an endpoint; it connects at its first call.</summary>
    /// <exception cref="FormatException">The endpoint is no address.</exception>
    public static IEndpointChannel Create(string endpoint, EtcdClientOptions options)
    {
        RpcAddress address = RpcAddress.Parse(endpoint);
        if (options.Tls is not null && !endpoint.Contains("://", StringComparison.Ordinal))
        {
            address = address with { IsTls = true };
        }

        return new RpcEndpointChannel(new RpcChannel(address, new RpcChannelOptions
        {
            Tls = options.Tls,
            ConnectTimeout = options.DialTimeout,
            KeepAliveInterval = options.KeepAliveInterval,
            KeepAliveTimeout = options.KeepAliveTimeout,
            SendBytesMax = options.SendBytesMax,
            ReceiveBytesMax = options.ReceiveBytesMax,
            BlockingUnary = options.BlockingUnary,
        }));
    }

    public Task<TReply> UnaryAsync<TRequest, TReply>(
        RpcMethod<TRequest, TReply> method, TRequest request, RpcCallOptions options, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply> => channel.UnaryAsync(method, request, options, cancellationToken);

    public async Task<IEndpointStream<TRequest, TReply>> StreamAsync<TRequest, TReply>(
        RpcMethod<TRequest, TReply> method, RpcCallOptions options, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply> =>
        new Stream<TRequest, TReply>(await channel.StreamAsync(method, options, cancellationToken).ConfigureAwait(false));

    public ValueTask DisposeAsync() => channel.DisposeAsync();

    private sealed class Stream<TRequest, TReply>(RpcStreamCall<TRequest, TReply> call) : IEndpointStream<TRequest, TReply>
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        public ValueTask WriteAsync(TRequest request, CancellationToken cancellationToken) => call.WriteAsync(request, cancellationToken);

        public ValueTask CompleteAsync(CancellationToken cancellationToken) => call.CompleteAsync(cancellationToken);

        public async ValueTask<TReply?> ReadAsync(CancellationToken cancellationToken) =>
            await call.MoveNextAsync(cancellationToken).ConfigureAwait(false) ? call.Current : default;

        public void Dispose() => call.Dispose();
    }
}
