using Etcd.Api.Limits.Rates;
using Etcd.Auth;
using Etcd.Grpc.Server;
using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Server.Observation;
using Etcd.Server.Operations;

using Google.Protobuf;

namespace Etcd.Api.Services;

/// <summary>etcdserverpb.Lease.</summary>
internal sealed class LeaseService(EtcdServer server, CallAccess access, StreamGuard guard)
{
    private readonly LeaseOperations _leases = server.Leases;
    private readonly StreamFailures _failures = server.Readings.Instruments.KeepAliveStreams;

    internal void AddTo(RpcServiceTable table)
    {
        table.AddUnary(ServiceNames.Lease, "LeaseGrant", LeaseGrantRequest.Parser, GrantAsync);
        table.AddUnary(ServiceNames.Lease, "LeaseRevoke", LeaseRevokeRequest.Parser, RevokeAsync);
        table.AddUnary(ServiceNames.Lease, "LeaseTimeToLive", LeaseTimeToLiveRequest.Parser, TimeToLiveAsync);
        table.AddUnary(ServiceNames.Lease, "LeaseLeases", LeaseLeasesRequest.Parser, ListAsync);
        table.AddStreaming(ServiceNames.Lease, "LeaseKeepAlive", RpcMethodKind.BidiStream, guard.Around(KeepAliveAsync));
    }

    private async ValueTask<LeaseGrantResponse> GrantAsync(RpcServerCall call, LeaseGrantRequest request)
    {
        Caller caller = await access.CallerOfAsync(call).ConfigureAwait(false);
        return await _leases.GrantAsync(request, caller).ConfigureAwait(false);
    }

    private async ValueTask<LeaseRevokeResponse> RevokeAsync(RpcServerCall call, LeaseRevokeRequest request)
    {
        Caller caller = await access.CallerOfAsync(call).ConfigureAwait(false);
        return await _leases.RevokeAsync(request, caller).ConfigureAwait(false);
    }

    private async ValueTask<LeaseTimeToLiveResponse> TimeToLiveAsync(RpcServerCall call, LeaseTimeToLiveRequest request)
    {
        Caller caller = await access.CallerOfAsync(call).ConfigureAwait(false);
        await access.Rules.RequireUserAsync(caller).ConfigureAwait(false);
        LeaseTimeToLiveResponse reply = await _leases.TimeToLiveAsync(request, call.CancellationToken).ConfigureAwait(false);

        // The keys of the reply are what must be allowed: others may have been attached since any earlier look.
        foreach (ByteString key in reply.Keys)
        {
            access.Rules.Rules.RequireRead(caller, key.Memory, default);
        }

        return reply;
    }

    private async ValueTask<LeaseLeasesResponse> ListAsync(RpcServerCall call, LeaseLeasesRequest request)
    {
        Caller caller = await access.CallerOfAsync(call).ConfigureAwait(false);
        await access.Rules.RequireUserAsync(caller).ConfigureAwait(false);
        LeaseLeasesResponse reply = await _leases.ListAsync(call.CancellationToken).ConfigureAwait(false);
        access.Rules.RequireReadOfLeases(caller, reply.Leases.Select(lease => lease.ID));
        return reply;
    }

    private async Task KeepAliveAsync(RpcServerCall call, RpcRequestReader requests, RpcReplyWriter replies, CancellationToken cancellationToken)
    {
        // A client may wait for the headers before it sends its first keep-alive.
        await replies.SendHeadersAsync(cancellationToken).ConfigureAwait(false);
        var asked = new RequestStream<LeaseKeepAliveRequest>(requests, LeaseKeepAliveRequest.Parser, _failures);
        while (await asked.NextAsync(cancellationToken).ConfigureAwait(false) is { } request)
        {
            (call.ReplyMeter as RateAccount)?.Charge(requests.Current.Length);
            Caller caller = await access.CallerOfAsync(call).ConfigureAwait(false);
            await access.Rules.RequireWriteOfLeaseAsync(caller, request.ID).ConfigureAwait(false);
            LeaseKeepAliveResponse reply = await _leases.RenewAsync(request.ID, cancellationToken).ConfigureAwait(false);
            reply.WriteTo(replies.Begin());
            try
            {
                await replies.SendAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is not OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                _failures.CountSent();
                throw;
            }
        }
    }
}
