using Etcd.Grpc;
using Etcd.Grpc.Server;

using Google.Protobuf;

namespace Etcd.Proxy.Upstreams;

/// <summary>Adds methods to the proxy's table that the cluster answers.</summary>
internal sealed class Relay(RpcServiceTable table, Upstream upstream)
{
    /// <summary>Adds a unary method.</summary>
    /// <param name="method">The method.</param>
    /// <param name="parser">Reads requests.</param>
    /// <param name="isRepeatable">Whether it does no harm to carry it out twice.</param>
    /// <param name="outward">Changes a request before it leaves.</param>
    /// <param name="inward">Changes a reply before the client gets it.</param>
    internal void Unary<TRequest, TReply>(
        RpcMethod<TRequest, TReply> method,
        MessageParser<TRequest> parser,
        bool isRepeatable = false,
        Action<TRequest>? outward = null,
        Action<TReply>? inward = null)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply> =>
        table.AddUnary(method.Service, method.Name, parser, async (call, request) =>
        {
            outward?.Invoke(request);
            TReply reply = await upstream
                .UnaryAsync(method, request, ForwardedCredentials.Of(call), isRepeatable, call.CancellationToken)
                .ConfigureAwait(false);
            inward?.Invoke(reply);
            return reply;
        });

    /// <summary>Adds a method with one request and many replies.</summary>
    /// <inheritdoc cref="Unary"/>
    internal void ServerStream<TRequest, TReply>(
        RpcMethod<TRequest, TReply> method, MessageParser<TRequest> parser, Action<TRequest>? outward = null, Action<TReply>? inward = null)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply> =>
        table.AddServerStream(method.Service, method.Name, parser, async (call, request, replies) =>
        {
            outward?.Invoke(request);
            string member = upstream.Current;
            try
            {
                await StreamAsync(method, member, request, inward, call, replies).ConfigureAwait(false);
            }
            catch (RpcException failure) when (failure.Code == RpcStatusCode.Unavailable)
            {
                // What the client has had of it cannot be taken back; when it asks again, it is another member's turn.
                upstream.MoveOnFrom(member);
                throw;
            }
        });

    private async Task StreamAsync<TRequest, TReply>(
        RpcMethod<TRequest, TReply> method, string member, TRequest request, Action<TReply>? inward, RpcServerCall call, RpcReplyWriter replies)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        CancellationToken cancellationToken = call.CancellationToken;
        using RpcStreamCall<TRequest, TReply> stream = await upstream
            .StreamAsync(method, member, ForwardedCredentials.Of(call), cancellationToken).ConfigureAwait(false);
        await stream.WriteAsync(request, cancellationToken).ConfigureAwait(false);
        await stream.CompleteAsync(cancellationToken).ConfigureAwait(false);
        while (await stream.MoveNextAsync(cancellationToken).ConfigureAwait(false))
        {
            inward?.Invoke(stream.Current);
            stream.Current.WriteTo(replies.Begin());
            await replies.SendAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
