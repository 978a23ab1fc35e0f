using Etcd.Auth;
using Etcd.Grpc.Server;
using Etcd.Protocol.Elections;
using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Server.Operations;

using Google.Protobuf;

namespace Etcd.Api.Services.Coordination;

/// <summary>v3electionpb.Election: who stands first in a line leads, and says by the value of its key what it proclaims.</summary>
internal sealed class ElectionService(EtcdServer server, CallAccess access, CoordinationCalls calls, StreamGuard guard)
{
    private readonly KeyValueOperations _keys = server.KeyValues;
    private readonly WaitingLine _line = new(server);

    internal void AddTo(RpcServiceTable table)
    {
        table.AddUnary(
            ServiceNames.Election, "Campaign", CampaignRequest.Parser, calls.Around<CampaignRequest, CampaignResponse>(CampaignAsync));
        table.AddUnary(
            ServiceNames.Election, "Proclaim", ProclaimRequest.Parser, calls.Around<ProclaimRequest, ProclaimResponse>(ProclaimAsync));
        table.AddUnary(ServiceNames.Election, "Leader", LeaderRequest.Parser, calls.Around<LeaderRequest, LeaderResponse>(LeaderAsync));
        table.AddUnary(ServiceNames.Election, "Resign", ResignRequest.Parser, calls.Around<ResignRequest, ResignResponse>(ResignAsync));
        table.AddStreaming(ServiceNames.Election, "Observe", RpcMethodKind.ServerStream, guard.Around(ObserveAsync));
    }

    private async ValueTask<CampaignResponse> CampaignAsync(RpcServerCall call, CampaignRequest request, CancellationToken cancellationToken)
    {
        ActingUser user = await UserOfAsync(call).ConfigureAwait(false);
        long lease = await _line.LeaseAsync(request.Lease, user).ConfigureAwait(false);
        (Place place, ByteString value) = await _line
            .JoinAsync(request.Name, lease, request.Value, user, cancellationToken)
            .ConfigureAwait(false);
        await calls.OrLeaveAsync(_line, place, user, TakeTurnAsync, cancellationToken).ConfigureAwait(false);
        return new CampaignResponse
        {
            Header = place.Header,
            Leader = new LeaderKey { Name = request.Name, Key = place.Key, Rev = place.Revision, Lease = lease },
        };

        async ValueTask<ResponseHeader> TakeTurnAsync(CancellationToken ended)
        {
            if (value != request.Value)
            {
                await ReplaceAsync(place.Key, place.Revision, request.Value, lease, user.Now, ended).ConfigureAwait(false);
            }

            return place.IsFirst
                ? place.Header
                : await _line.WaitForTurnAsync(place, user, ended).ConfigureAwait(false) ?? throw CoordinationErrors.CandidateSessionExpired();
        }
    }

    private async ValueTask<ProclaimResponse> ProclaimAsync(RpcServerCall call, ProclaimRequest request, CancellationToken cancellationToken)
    {
        LeaderKey leader = request.Leader ?? throw CoordinationErrors.LeaderMissing();
        ActingUser user = await UserOfAsync(call).ConfigureAwait(false);
        long lease = await _line.LeaseAsync(leader.Lease, user).ConfigureAwait(false);
        TxnResponse reply = await ReplaceAsync(leader.Key, leader.Rev, request.Value, lease, user.AsRecognised, cancellationToken)
            .ConfigureAwait(false);
        return new ProclaimResponse { Header = reply.Header };
    }

    private async ValueTask<LeaderResponse> LeaderAsync(RpcServerCall call, LeaderRequest request, CancellationToken cancellationToken)
    {
        ActingUser user = await UserOfAsync(call).ConfigureAwait(false);
        TxnResponse reply = await _keys
            .TxnAsync(LineRequests.LookAtFirst(LineRequests.PrefixOf(request.Name)), user.AsRecognised, cancellationToken)
            .ConfigureAwait(false);
        RangeResponse found = reply.Responses[0].ResponseRange;
        return found.Kvs.Count == 0
            ? throw CoordinationErrors.NoLeader()
            : new LeaderResponse { Header = reply.Header, Kv = found.Kvs[0] };
    }

    private async ValueTask<ResignResponse> ResignAsync(RpcServerCall call, ResignRequest request, CancellationToken cancellationToken)
    {
        LeaderKey leader = request.Leader ?? throw CoordinationErrors.LeaderMissing();
        ActingUser user = await UserOfAsync(call).ConfigureAwait(false);

        // Who does not lead any more has resigned: the reply is the same.
        TxnResponse reply = await _keys
            .TxnAsync(LineRequests.Remove(leader.Key, leader.Rev), user.AsRecognised, cancellationToken)
            .ConfigureAwait(false);
        return new ResignResponse { Header = reply.Header };
    }

    private async Task ObserveAsync(RpcServerCall call, RpcRequestReader requests, RpcReplyWriter replies, CancellationToken cancellationToken)
    {
        LeaderRequest request = await RequestMessage.ReadOnlyOneAsync(requests, LeaderRequest.Parser).ConfigureAwait(false);
        await CoordinationCalls.TranslatingAsync(() => ObserveAsync(call, request, replies, cancellationToken)).ConfigureAwait(false);
    }

    private async Task ObserveAsync(RpcServerCall call, LeaderRequest request, RpcReplyWriter replies, CancellationToken cancellationToken)
    {
        ActingUser user = await UserOfAsync(call).ConfigureAwait(false);
        var leaders = new LeaderSequence(server, LineRequests.PrefixOf(request.Name), user);
        await foreach (LeaderResponse leader in leaders.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            leader.WriteTo(replies.Begin());
            await replies.SendAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<TxnResponse> ReplaceAsync(
        ByteString key, long revision, ByteString value, long lease, Caller caller, CancellationToken cancellationToken)
    {
        TxnResponse reply = await _keys
            .TxnAsync(LineRequests.Replace(key, revision, value, lease), caller, cancellationToken)
            .ConfigureAwait(false);
        return reply.Succeeded ? reply : throw CoordinationErrors.NotLeader();
    }

    private async ValueTask<ActingUser> UserOfAsync(RpcServerCall call) => new(access, await access.CallerOfAsync(call).ConfigureAwait(false));
}
