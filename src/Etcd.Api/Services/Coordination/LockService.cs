using Etcd.Grpc.Server;
using Etcd.Protocol.Locks;
using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Server.Operations;

using Google.Protobuf;

namespace Etcd.Api.Services.Coordination;

/// <summary>v3lockpb.Lock: locks that hang on leases. Clients that lock by themselves, with the same keys, and this service exclude each other.</summary>
internal sealed class LockService(EtcdServer server, CallAccess access, CoordinationCalls calls)
{
    private readonly KeyValueOperations _keys = server.KeyValues;
    private readonly WaitingLine _line = new(server);

    internal void AddTo(RpcServiceTable table)
    {
        table.AddUnary(ServiceNames.Lock, "Lock", LockRequest.Parser, calls.Around<LockRequest, LockResponse>(LockAsync));
        table.AddUnary(ServiceNames.Lock, "Unlock", UnlockRequest.Parser, calls.Around<UnlockRequest, UnlockResponse>(UnlockAsync));
    }

    private async ValueTask<LockResponse> LockAsync(RpcServerCall call, LockRequest request, CancellationToken cancellationToken)
    {
        var user = new ActingUser(access, await access.CallerOfAsync(call).ConfigureAwait(false));
        long lease = await _line.LeaseAsync(request.Lease, user).ConfigureAwait(false);
        (Place place, _) = await _line.JoinAsync(request.Name, lease, ByteString.Empty, user, cancellationToken).ConfigureAwait(false);
        ResponseHeader? header = await calls.OrLeaveAsync(_line, place, user, TakeTurnAsync, cancellationToken).ConfigureAwait(false);
        return header is null
            ? throw CoordinationErrors.LockSessionExpired()
            : new LockResponse { Header = header, Key = place.Key };

        ValueTask<ResponseHeader?> TakeTurnAsync(CancellationToken ended) =>
            place.IsFirst ? new ValueTask<ResponseHeader?>(place.Header) : _line.WaitForTurnAsync(place, user, ended);
    }

    private async ValueTask<UnlockResponse> UnlockAsync(RpcServerCall call, UnlockRequest request, CancellationToken cancellationToken)
    {
        DeleteRangeResponse reply = await _keys
            .DeleteRangeAsync(new DeleteRangeRequest { Key = request.Key }, await access.CallerOfAsync(call).ConfigureAwait(false))
            .ConfigureAwait(false);
        return new UnlockResponse { Header = reply.Header };
    }
}
