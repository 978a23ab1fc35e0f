using Etcd.Client.Calls;
using Etcd.Grpc;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;
using Etcd.Proxy.Upstreams;
using Etcd.Proxy.Watching;

using Google.Protobuf;

namespace Etcd.Proxy.Leasing;

/// <summary>What the proxies of a cluster tell each other about ownership, in keys of the cluster; as etcd's proxies do, so that they may stand beside these.</summary>
/// <remarks>
/// For each owned key there is one with the same name under the leasing prefix, with no value, on the lease of the owner. Another proxy that wants to write the
/// owned key puts <c>REVOKE</c> there, and waits until the owner, or the end of the owner's lease, has deleted it.
/// </remarks>
/// <param name="upstream">The cluster.</param>
/// <param name="prefix">The leasing prefix with the namespace before it.</param>
/// <param name="time">The clock of the pauses between attempts.</param>
internal sealed class LeasingCluster(Upstream upstream, KeyNamespace prefix, TimeProvider time)
{
    private const int RevocationsAtOnce = 16;

    private static readonly ByteString Revoke = ByteString.CopyFromUtf8("REVOKE");

    private ResponseHeader? _latest;

    /// <summary>The header with the highest revision seen; <see langword="null"/> before the first.</summary>
    internal ResponseHeader? Latest => Volatile.Read(ref _latest);

    /// <summary>The range of all marks of ownership.</summary>
    internal KeyInterval All => new(prefix.Outward(ByteString.Empty), prefix.OutwardEnd(ByteString.CopyFrom(0)));

    /// <summary>The key that an event on a mark is about, as clients name it.</summary>
    internal ByteString KeyOf(Event change) => prefix.Inward(change.Kv.Key);

    /// <summary>Whether an event on a mark demands it from the holder of a lease.</summary>
    internal static bool IsDemand(Event change, long lease) =>
        change.Type == Event.Types.EventType.Put && change.Kv.Lease == lease && change.Kv.Value == Revoke;

    /// <summary>A header has come from the cluster.</summary>
    internal void Saw(ResponseHeader header)
    {
        for (ResponseHeader? seen = Latest; seen is null || seen.Revision < header.Revision; seen = Latest)
        {
            if (Interlocked.CompareExchange(ref _latest, header, seen) == seen)
            {
                return;
            }
        }
    }

    /// <summary>Makes a transaction.</summary>
    internal async Task<TxnResponse> CommitAsync(TxnRequest request, ForwardedCredentials credentials, CancellationToken cancellationToken)
    {
        TxnResponse reply = await upstream
            .UnaryAsync(Methods.Txn, request, credentials, isRepeatable: false, cancellationToken).ConfigureAwait(false);
        Saw(reply.Header);
        return reply;
    }

    /// <summary>Reads a key.</summary>
    internal async Task<RangeResponse> ReadAsync(RangeRequest request, CancellationToken cancellationToken)
    {
        RangeResponse reply = await upstream
            .UnaryAsync(Methods.Range, request, ForwardedCredentials.None, isRepeatable: true, cancellationToken).ConfigureAwait(false);
        Saw(reply.Header);
        return reply;
    }

    /// <summary>Reads a key and makes it the proxy's, if it is nobody's and not the cluster's to delete.</summary>
    /// <param name="key">The key, as clients name it.</param>
    /// <param name="read">The read, in the cluster's names.</param>
    /// <param name="lease">The lease of the proxy.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal Task<TxnResponse> AcquireAsync(ByteString key, RangeRequest read, long lease, CancellationToken cancellationToken) => CommitAsync(
        new TxnRequest
        {
            Compare =
            {
                Created(new KeyInterval(prefix.Outward(key), ByteString.Empty), Compare.Types.CompareResult.Equal, 0),
                new Compare { Key = read.Key, Target = Compare.Types.CompareTarget.Lease, Lease = 0 },
            },
            Success =
            {
                new RequestOp { RequestRange = read },
                new RequestOp { RequestPut = new PutRequest { Key = prefix.Outward(key), Lease = lease } },
            },
            Failure =
            {
                new RequestOp { RequestRange = read },
                new RequestOp { RequestRange = new RangeRequest { Key = prefix.Outward(key) } },
            },
        },
        ForwardedCredentials.None,
        cancellationToken);

    /// <summary>Lets go of a key, unless it has changed hands since.</summary>
    /// <param name="key">The key, as clients name it.</param>
    /// <param name="since">The revision that had made it the proxy's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal Task<TxnResponse> LetGoAsync(ByteString key, long since, CancellationToken cancellationToken)
    {
        var mark = new KeyInterval(prefix.Outward(key), ByteString.Empty);
        return CommitAsync(
            new TxnRequest
            {
                Compare = { Created(mark, Compare.Types.CompareResult.Equal, since) },
                Success = { new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = mark.Start } } },
            },
            ForwardedCredentials.None,
            cancellationToken);
    }

    /// <summary>The condition that all marks of some keys are from a revision or before.</summary>
    internal Compare MarkedUpTo(KeyInterval keys, long revision) => Created(MarksOf(keys), Compare.Types.CompareResult.Less, revision + 1);

    /// <summary>Takes the ownership of keys from everybody but the holder of a lease, and waits until it is gone.</summary>
    /// <param name="keys">The keys, as clients name them.</param>
    /// <param name="exceptLease">The lease; 0 for none.</param>
    /// <param name="credentials">Whose write it is for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A revision: of the marks there were then, only those on the lease are left.</returns>
    internal async Task<long> RevokeAsync(
        IReadOnlyList<KeyInterval> keys, long exceptLease, ForwardedCredentials credentials, CancellationToken cancellationToken)
    {
        var look = new TxnRequest();
        foreach (KeyInterval marks in keys.Select(MarksOf))
        {
            look.Success.Add(new RequestOp { RequestRange = new RangeRequest { Key = marks.Start, RangeEnd = marks.End } });
        }

        TxnResponse seen = await CommitAsync(look, credentials, cancellationToken).ConfigureAwait(false);
        IEnumerable<KeyValue> foreign = seen.Responses.SelectMany(response => response.ResponseRange.Kvs)
            .Where(mark => exceptLease == 0 || mark.Lease != exceptLease);
        await Parallel.ForEachAsync(
            foreign,
            new ParallelOptions { MaxDegreeOfParallelism = RevocationsAtOnce, CancellationToken = cancellationToken },
            async (mark, token) => await RevokeAsync(mark, seen.Header.Revision, credentials, token).ConfigureAwait(false)).ConfigureAwait(false);
        return seen.Header.Revision;
    }

    private async Task RevokeAsync(KeyValue mark, long seenAt, ForwardedCredentials credentials, CancellationToken cancellationToken)
    {
        if (mark.Value != Revoke)
        {
            var demand = new PutRequest { Key = mark.Key, Value = Revoke, IgnoreLease = true };
            TxnResponse reply = await CommitAsync(
                new TxnRequest
                {
                    Compare = { Created(new KeyInterval(mark.Key, ByteString.Empty), Compare.Types.CompareResult.Equal, mark.CreateRevision) },
                    Success = { new RequestOp { RequestPut = demand } },
                },
                credentials,
                cancellationToken).ConfigureAwait(false);
            if (!reply.Succeeded)
            {
                return;
            }

            seenAt = reply.Header.Revision;
        }

        await WaitForDeletionAsync(mark.Key, seenAt, credentials, cancellationToken).ConfigureAwait(false);
    }

    private async Task WaitForDeletionAsync(ByteString mark, long after, ForwardedCredentials credentials, CancellationToken cancellationToken)
    {
        var key = new WatchKey(
            mark, ByteString.Empty, PreviousKeyValues: false, ProgressNotify: false, NoPuts: true, NoDeletions: false, credentials);
        using var watch = new UpstreamWatch(upstream, key, after + 1, time);
        using CancellationTokenRegistration ending = cancellationToken.UnsafeRegister(static state => ((UpstreamWatch)state!).Dispose(), watch);
        try
        {
            await watch.RunAsync(IsStillThere).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    private static bool IsStillThere(WatchResponse message)
    {
        if (message.Canceled && message.CompactRevision == 0)
        {
            throw new RpcException(RpcStatusCode.Unknown, message.CancelReason);
        }

        // After a compaction the marks have to be looked at again.
        return !message.Canceled && message.Events.Count == 0;
    }

    private KeyInterval MarksOf(KeyInterval keys) => new(prefix.Outward(keys.Start), prefix.OutwardEnd(keys.End));

    private static Compare Created(KeyInterval marks, Compare.Types.CompareResult result, long revision) => new()
    {
        Key = marks.Start,
        RangeEnd = marks.End,
        Result = result,
        Target = Compare.Types.CompareTarget.Create,
        CreateRevision = revision,
    };
}
