using System.Globalization;

using Etcd.Client.Calls;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Client;

/// <summary>Lets those who want what only one may have wait in the order in which they came, with the keys that all clients of etcd use:
/// <c>name/lease</c>, the lease in hexadecimal, the oldest creation first.</summary>
/// <remarks>The waiting is done here, by a watch, rather than by the server's lock service: it goes on at another member when one fails, and the place is kept.</remarks>
internal sealed class WaitingLine(CallInvoker calls, WatchClient watches)
{
    private static readonly GetOptions Oldest = new()
    {
        SortBy = RangeRequest.Types.SortTarget.Create,
        Order = RangeRequest.Types.SortOrder.Ascend,
        Limit = 1,
    };

    /// <summary>The keys of a line.</summary>
    public static KeyRange RangeOf(EtcdBytes name) => KeyRange.Prefix(PrefixOf(name));

    /// <summary>Reads the first of a line.</summary>
    public static RangeRequest FirstOf(EtcdBytes name) => Requests.Range(RangeOf(name), Oldest);

    /// <summary>Takes a place, or finds the one that the lease has already. It may be repeated: the second time finds it.</summary>
    public async Task<Place> JoinAsync(EtcdBytes name, long lease, EtcdBytes value, CancellationToken cancellationToken)
    {
        ByteString prefix = PrefixOf(name);
        ByteString key = ByteString.CopyFrom([.. prefix.Span, .. ByteString.CopyFromUtf8(lease.ToString("x", CultureInfo.InvariantCulture)).Span]);
        TxnRequest request = new()
        {
            Compare = { Conditions.IsMissing(key) },
            Success = { Operations.Put(key, value, new PutOptions { Lease = lease }), Operations.Get(KeyRange.Prefix(prefix), Oldest) },
            Failure = { Operations.Get(key), Operations.Get(KeyRange.Prefix(prefix), Oldest) },
        };
        TxnResponse reply = await RunAsync(request, cancellationToken).ConfigureAwait(false);
        KeyValue? found = reply.Succeeded ? null : reply.Responses[0].ResponseRange.Kvs[0];
        long revision = found?.CreateRevision ?? reply.Header.Revision;
        KeyValue first = reply.Responses[1].ResponseRange.Kvs[0];
        return new Place(prefix, key, revision, first.CreateRevision == revision, found);
    }

    /// <summary>Waits until nobody stands before a place.</summary>
    /// <exception cref="LeaseExpiredException">The place went with its lease.</exception>
    public async Task WaitForTurnAsync(Place place, LeaseSession session, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, session.Lost);
        try
        {
            while (await LookAheadAsync(place, session, either.Token).ConfigureAwait(false) is { } before)
            {
                await WaitForDeletionAsync(before.Key, before.Revision + 1, either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (session.Lost.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new LeaseExpiredException(session.LeaseId);
        }
    }

    /// <summary>Gives a place up, if it is still there.</summary>
    public Task<TxnResponse> LeaveAsync(Place place, CancellationToken cancellationToken) =>
        RunAsync(new TxnRequest { Compare = { place.IsKept }, Success = { Operations.Delete(place.Key) } }, cancellationToken);

    /// <summary>Changes the value of a place's key.</summary>
    /// <returns>Whether the place was still there.</returns>
    public Task<TxnResponse> ReplaceAsync(Place place, EtcdBytes value, long lease, CancellationToken cancellationToken) =>
        RunAsync(
            new TxnRequest
            {
                Compare = { place.IsKept },
                Success = { Operations.Put(place.Key, value, new PutOptions { Lease = lease }) },
            },
            cancellationToken);

    /// <summary>Runs a read of keys.</summary>
    public Task<RangeResponse> ReadAsync(RangeRequest request, CancellationToken cancellationToken) =>
        calls.UnaryAsync(Methods.Range, request, CallKind.Repeatable, cancellationToken);

    private static ByteString PrefixOf(EtcdBytes name) => ByteString.CopyFrom([.. name.ByteString.Span, (byte)'/']);

    // Each of the transactions here leads to the same state when it is made twice.
    private Task<TxnResponse> RunAsync(TxnRequest request, CancellationToken cancellationToken) =>
        calls.UnaryAsync(Methods.Txn, request, CallKind.Repeatable, cancellationToken);

    private async Task<(ByteString Key, long Revision)?> LookAheadAsync(Place place, LeaseSession session, CancellationToken cancellationToken)
    {
        GetOptions youngestBefore = new()
        {
            SortBy = RangeRequest.Types.SortTarget.Create,
            Order = RangeRequest.Types.SortOrder.Descend,
            Limit = 1,
            KeysOnly = true,
            MaxCreateRevision = place.Revision - 1,
        };
        TxnRequest request = new()
        {
            Success = { Operations.Get(KeyRange.Prefix(place.Prefix), youngestBefore), Operations.Get(place.Key) },
        };
        TxnResponse reply = await RunAsync(request, cancellationToken).ConfigureAwait(false);
        KeyValue? own = reply.Responses[1].ResponseRange.Kvs.FirstOrDefault();
        if (own?.CreateRevision != place.Revision)
        {
            throw new LeaseExpiredException(session.LeaseId);
        }

        KeyValue? before = reply.Responses[0].ResponseRange.Kvs.FirstOrDefault();
        return before is null ? null : (before.Key, reply.Header.Revision);
    }

    private async Task WaitForDeletionAsync(ByteString key, long fromRevision, CancellationToken cancellationToken)
    {
        WatchOptions options = new() { StartRevision = fromRevision, Puts = false };
        try
        {
            await foreach (WatchResponse report in watches.WatchAsync(key, options, cancellationToken).ConfigureAwait(false))
            {
                if (report.Events.Count > 0)
                {
                    return;
                }
            }
        }
        catch (WatchCompactedException)
        {
            // What was missed shows at the next look.
        }
    }
}
