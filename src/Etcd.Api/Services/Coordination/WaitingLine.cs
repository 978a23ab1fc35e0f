using Etcd.Mvcc.Watch;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Server.Operations;

using Google.Protobuf;

namespace Etcd.Api.Services.Coordination;

/// <summary>Lets those who want what only one may have wait for it in the order in which they came.</summary>
/// <remarks>
/// Each holds a key that hangs on its lease; whose key was created first has its turn. A waiting call watches the key right before its own, so that the end
/// of one wakes one. It watches its own key too: with its lease, its place is gone, and it need not wait to be told.
/// </remarks>
internal sealed class WaitingLine(EtcdServer server)
{
    /// <summary>Time of the lease that a call without one gets, in seconds.</summary>
    private const long OwnLeaseTtlSeconds = 60;

    // The rules may change again between a look at them and the request.
    private const int LeaveAttemptsMax = 3;

    private readonly KeyValueOperations _keys = server.KeyValues;
    private readonly LeaseOperations _leases = server.Leases;
    private readonly WatchHub _watches = server.Watches;

    /// <summary>The lease to use: the caller's, or a new one.</summary>
    internal async ValueTask<long> LeaseAsync(long lease, ActingUser user) => lease != 0
        ? lease
        : (await _leases.GrantAsync(new LeaseGrantRequest { TTL = OwnLeaseTtlSeconds }, user.AsRecognised).ConfigureAwait(false)).ID;

    /// <summary>Takes a place, or finds the one that the lease has already.</summary>
    /// <param name="name">Name of the line.</param>
    /// <param name="lease">The lease, not 0.</param>
    /// <param name="value">Value for the key.</param>
    /// <param name="user">Who asks.</param>
    /// <param name="cancellationToken">Ends the wait for the store.</param>
    /// <returns>The place, and the value its key has.</returns>
    internal async ValueTask<(Place Place, ByteString Value)> JoinAsync(
        ByteString name, long lease, ByteString value, ActingUser user, CancellationToken cancellationToken)
    {
        ByteString prefix = LineRequests.PrefixOf(name);
        ByteString key = LineRequests.KeyOf(prefix, lease);
        TxnResponse reply = await _keys
            .TxnAsync(LineRequests.Join(prefix, key, lease, value), user.AsRecognised, cancellationToken)
            .ConfigureAwait(false);
        KeyValue? own = reply.Succeeded ? null : reply.Responses[0].ResponseRange.Kvs[0];
        long revision = own?.CreateRevision ?? reply.Header.Revision;
        KeyValue first = reply.Responses[1].ResponseRange.Kvs[0];
        return (new Place(prefix, key, revision, first.CreateRevision == revision, reply.Header), own?.Value ?? value);
    }

    /// <summary>Waits until nobody stands before a place.</summary>
    /// <param name="place">The place.</param>
    /// <param name="user">Who waits.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Header of the read that found it so; <see langword="null"/> when the place is gone, because its lease is.</returns>
    internal async ValueTask<ResponseHeader?> WaitForTurnAsync(Place place, ActingUser user, CancellationToken cancellationToken)
    {
        while (true)
        {
            TxnResponse look = await _keys.TxnAsync(LineRequests.LookAhead(place), user.Now, cancellationToken).ConfigureAwait(false);
            RangeResponse before = look.Responses[0].ResponseRange;
            RangeResponse own = look.Responses[1].ResponseRange;
            if (own.Kvs.Count == 0 || own.Kvs[0].CreateRevision != place.Revision)
            {
                return null;
            }

            if (before.Kvs.Count == 0)
            {
                return look.Header;
            }

            await WaitForDeletionAsync([before.Kvs[0].Key, place.Key], look.Header.Revision + 1, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives a place up.</summary>
    internal async ValueTask<TxnResponse> LeaveAsync(Place place, ActingUser user)
    {
        TxnRequest request = LineRequests.Remove(place.Key, place.Revision);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await _keys.TxnAsync(request, user.Now, CancellationToken.None).ConfigureAwait(false);
            }
            catch (EtcdException refusal) when (refusal.Code == EtcdErrorCode.AuthOldRevision && attempt < LeaveAttemptsMax)
            {
                // The rules changed between the look at them and the request: once more under the new ones.
            }
        }
    }

    // What woke it does not matter: the next look tells. A compacted start revision wakes it too.
    private async ValueTask WaitForDeletionAsync(ByteString[] keys, long fromRevision, CancellationToken cancellationToken)
    {
        using WatchStream stream = _watches.OpenStream();
        foreach (ByteString key in keys)
        {
            stream.Create(new WatchSpec { Key = key.Memory, StartRevision = fromRevision, WithoutPuts = true });
        }

        while (await stream.WaitAsync(cancellationToken).ConfigureAwait(false))
        {
            while (stream.TryTake(out WatchNotice notice))
            {
                if (notice.Kind is WatchNoticeKind.Events or WatchNoticeKind.Compacted)
                {
                    return;
                }
            }
        }
    }
}
