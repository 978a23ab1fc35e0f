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
/// <param name="keyNamespace">The namespace of the clients' keys.</param>
/// <param name="leasingPrefix">The leasing prefix, as clients name it.</param>
/// <param name="time">The clock of the pauses between attempts.</param>
internal sealed class LeasingCluster(Upstream upstream, string keyNamespace, string leasingPrefix, TimeProvider time)
{
    private const int RevocationsAtOnce = 16;
    private const string StatusStart = "rpc error: code = ";
    private const string StatusMiddle = " desc = ";

    private static readonly ByteString Revoke = ByteString.CopyFromUtf8("REVOKE");

    private readonly KeyNamespace _prefix = new(ByteString.CopyFromUtf8(keyNamespace + leasingPrefix));
    private readonly KeyInterval _clientsMarks = MarksUnder(new KeyNamespace(ByteString.CopyFromUtf8(leasingPrefix)));
    private ResponseHeader? _latest;

    /// <summary>The header with the highest revision seen since the session began; <see langword="null"/> before the first.</summary>
    internal ResponseHeader? Latest => Volatile.Read(ref _latest);

    /// <summary>The range of all marks of ownership.</summary>
    internal KeyInterval All { get; } = MarksUnder(new KeyNamespace(ByteString.CopyFromUtf8(keyNamespace + leasingPrefix)));

    /// <summary>Whether there may be marks among keys, as clients name them.</summary>
    internal bool AreMarksIn(KeyInterval keys) => keys.Meets(_clientsMarks);

    /// <summary>The key that an event on a mark is about, as clients name it.</summary>
    internal ByteString KeyOf(Event change) => _prefix.Inward(change.Kv.Key);

    /// <summary>Whether an event on a mark demands it from the holder of a lease.</summary>
    internal static bool IsDemand(Event change, long lease) =>
        change.Type == Event.Types.EventType.Put && change.Kv.Lease == lease && change.Kv.Value == Revoke;

    /// <summary>A session begins. What was seen before may be of a cluster that has been restored since, with lower revisions.</summary>
    internal void BeginAt(ResponseHeader header) => Volatile.Write(ref _latest, header);

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
                Created(new KeyInterval(_prefix.Outward(key), ByteString.Empty), Compare.Types.CompareResult.Equal, 0),
                new Compare { Key = read.Key, Target = Compare.Types.CompareTarget.Lease, Lease = 0 },
            },
            Success =
            {
                new RequestOp { RequestRange = read },
                new RequestOp { RequestPut = new PutRequest { Key = _prefix.Outward(key), Lease = lease } },
            },
            Failure =
            {
                new RequestOp { RequestRange = read },
                new RequestOp { RequestRange = new RangeRequest { Key = _prefix.Outward(key) } },
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
        var mark = new KeyInterval(_prefix.Outward(key), ByteString.Empty);
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

        while (!await IsDeletedAsync(mark.Key, seenAt, credentials, cancellationToken).ConfigureAwait(false))
        {
            var there = new TxnRequest
            {
                Compare = { Created(new KeyInterval(mark.Key, ByteString.Empty), Compare.Types.CompareResult.Equal, mark.CreateRevision) },
                Success = { new RequestOp { RequestRange = new RangeRequest { Key = mark.Key } } },
            };
            TxnResponse reply = await CommitAsync(there, credentials, cancellationToken).ConfigureAwait(false);
            if (!reply.Succeeded)
            {
                return;
            }

            seenAt = reply.Header.Revision;
        }
    }

    // Waits for the deletion of a mark. False when the cluster does not tell any more, after a compaction: the mark has to be looked at again.
    private async Task<bool> IsDeletedAsync(ByteString mark, long after, ForwardedCredentials credentials, CancellationToken cancellationToken)
    {
        bool isDeleted = false;
        var key = new WatchKey(
            mark, ByteString.Empty, PreviousKeyValues: false, ProgressNotify: false, NoPuts: true, NoDeletions: false, credentials);
        using var watch = new UpstreamWatch(upstream, key, after + 1, time);
        using CancellationTokenRegistration ending = cancellationToken.UnsafeRegister(static state => ((UpstreamWatch)state!).Dispose(), watch);
        try
        {
            await watch.RunAsync(Take).ConfigureAwait(false);
            return isDeleted;
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }

        bool Take(WatchResponse message)
        {
            if (message.Canceled && message.CompactRevision == 0)
            {
                throw Refusal(message.CancelReason);
            }

            isDeleted = message.Events.Count > 0;
            return !message.Canceled && !isDeleted;
        }
    }

    // A watch that is refused is a message with the text of a status.
    private static RpcException Refusal(string reason)
    {
        int middle = reason.IndexOf(StatusMiddle, StringComparison.Ordinal);
        return reason.StartsWith(StatusStart, StringComparison.Ordinal)
            && middle > StatusStart.Length
            && Enum.TryParse(reason.AsSpan(StatusStart.Length, middle - StatusStart.Length), out RpcStatusCode code)
            ? new RpcException(code, reason[(middle + StatusMiddle.Length)..])
            : new RpcException(RpcStatusCode.Unknown, reason);
    }

    private static KeyInterval MarksUnder(KeyNamespace prefix) => new(prefix.Outward(ByteString.Empty), prefix.OutwardEnd(ByteString.CopyFrom(0)));

    private KeyInterval MarksOf(KeyInterval keys) => new(_prefix.Outward(keys.Start), _prefix.OutwardEnd(keys.End));

    private static Compare Created(KeyInterval marks, Compare.Types.CompareResult result, long revision) => new()
    {
        Key = marks.Start,
        RangeEnd = marks.End,
        Result = result,
        Target = Compare.Types.CompareTarget.Create,
        CreateRevision = revision,
    };
}
