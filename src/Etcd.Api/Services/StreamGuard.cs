using Etcd.Grpc.Server;
using Etcd.Protocol.Errors;
using Etcd.Server;

namespace Etcd.Api.Services;

/// <summary>Ends streams that would otherwise go on for ever: when the member stops, and, for clients that asked for it, when the
/// cluster has been without a leader for a while.</summary>
internal sealed class StreamGuard(EtcdServer server)
{
    private readonly LeaderlessStreams _leaderless = new(server);

    /// <summary>A stream's handler with the token that ends it.</summary>
    internal delegate Task Handler(
        RpcServerCall call, RpcRequestReader requests, RpcReplyWriter replies, CancellationToken cancellationToken);

    /// <summary>Puts the guard around a handler.</summary>
    internal StreamingHandler Around(Handler handler) =>
        (call, requests, replies) => ServeAsync(handler, call, requests, replies);

    private async Task ServeAsync(Handler handler, RpcServerCall call, RpcRequestReader requests, RpcReplyWriter replies)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken, server.StreamsEnding);
        using LeaderlessStreams.Ticket? ticket = CallAdmission.RequiresLeader(call) ? _leaderless.Enter(ended) : null;
        try
        {
            await handler(call, requests, replies, ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (server.StreamsEnding.IsCancellationRequested)
        {
            throw new EtcdException(EtcdErrorCode.Stopped);
        }
        catch (OperationCanceledException) when (ticket is { HasFired: true })
        {
            throw new EtcdException(EtcdErrorCode.NoLeader);
        }
    }
}
