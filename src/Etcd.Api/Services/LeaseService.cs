using Etcd.Grpc.Server;
using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Server.Operations;

using Google.Protobuf;

namespace Etcd.Api.Services;

/// <summary>etcdserverpb.Lease.</summary>
internal sealed class LeaseService(EtcdServer server, StreamGuard guard)
{
    private readonly LeaseOperations _leases = server.Leases;

    internal void AddTo(RpcServiceTable table)
    {
        table.AddUnary(ServiceNames.Lease, "LeaseGrant", LeaseGrantRequest.Parser, (_, request) => _leases.GrantAsync(request));
        table.AddUnary(ServiceNames.Lease, "LeaseRevoke", LeaseRevokeRequest.Parser, (_, request) => _leases.RevokeAsync(request));
        table.AddUnary(
            ServiceNames.Lease,
            "LeaseTimeToLive",
            LeaseTimeToLiveRequest.Parser,
            (call, request) => _leases.TimeToLiveAsync(request, call.CancellationToken));
        table.AddUnary(
            ServiceNames.Lease, "LeaseLeases", LeaseLeasesRequest.Parser, (call, _) => _leases.ListAsync(call.CancellationToken));
        table.AddStreaming(ServiceNames.Lease, "LeaseKeepAlive", RpcMethodKind.BidiStream, guard.Around(KeepAliveAsync));
    }

    private async Task KeepAliveAsync(RpcServerCall call, RpcRequestReader requests, RpcReplyWriter replies, CancellationToken cancellationToken)
    {
        // A client may wait for the headers before it sends its first keep-alive.
        await replies.SendHeadersAsync(cancellationToken).ConfigureAwait(false);
        while (await requests.MoveNextAsync(cancellationToken).ConfigureAwait(false))
        {
            LeaseKeepAliveRequest request = RequestMessage.Parse(LeaseKeepAliveRequest.Parser, requests.Current);
            LeaseKeepAliveResponse reply = await _leases.RenewAsync(request.ID, cancellationToken).ConfigureAwait(false);
            reply.WriteTo(replies.Begin());
            await replies.SendAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
