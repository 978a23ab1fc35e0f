using Etcd.Mvcc;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;

namespace Etcd.Server.Limits;

/// <summary>Tells whether a request still fits into the backend's space quota.</summary>
internal sealed class BackendQuota
{
    /// <summary>Quota when none is configured.</summary>
    internal const long DefaultBytes = 2L * 1024 * 1024 * 1024;

    // What a key costs beyond its own bytes: revision, counters, page headers. etcd's own estimates.
    private const long KeyOverheadBytes = 256;
    private const long LeaseBytes = 64;

    private readonly Backend _backend;

    // The dearest request that found no room since the alarm was last lowered.
    private long _unmetBytes;

    internal BackendQuota(Backend backend, long configuredBytes)
    {
        _backend = backend;
        LimitBytes = configuredBytes switch
        {
            0 => DefaultBytes,
            < 0 => long.MaxValue,
            _ => configuredBytes,
        };
    }

    /// <summary>The quota in bytes.</summary>
    internal long LimitBytes { get; }

    /// <summary>Whether the request fits; requests that store nothing always do.</summary>
    internal bool HasRoomFor(InternalRaftRequest request)
    {
        if (LimitBytes == long.MaxValue)
        {
            return true;
        }

        long cost = CostOf(request);
        return cost == 0 || _backend.SizeBytes + cost < LimitBytes;
    }

    /// <summary>Remembers a request that found no room: the alarm that it raises is not taken back while it would raise it again.</summary>
    internal void Refused(InternalRaftRequest request)
    {
        // What is larger than the quota never fits, and does not keep the alarm for ever.
        long cost = CostOf(request);
        long unmet = Volatile.Read(ref _unmetBytes);
        while (cost > unmet && cost < LimitBytes)
        {
            long before = Interlocked.CompareExchange(ref _unmetBytes, cost, unmet);
            if (before == unmet)
            {
                return;
            }

            unmet = before;
        }
    }

    /// <summary>The alarm is lowered: what found no room before counts no longer.</summary>
    internal void AlarmLowered() => Volatile.Write(ref _unmetBytes, 0);

    /// <summary>Whether the backend is smaller than so many percent of the quota, and what was refused would fit.</summary>
    internal bool HasRoomAgain(int percent) =>
        _backend.SizeBytes < LimitBytes / 100.0 * percent && _backend.SizeBytes + Volatile.Read(ref _unmetBytes) < LimitBytes;

    /// <summary>Whether the request would store anything, so that an alarm about space refuses it.</summary>
    internal static bool Stores(InternalRaftRequest request) => CostOf(request) > 0;

    private static long CostOf(InternalRaftRequest request)
    {
        if (request.Put is { } put)
        {
            return CostOf(put);
        }

        if (request.Txn is { } txn)
        {
            return CostOf(txn);
        }

        return request.LeaseGrant is null ? 0 : LeaseBytes;
    }

    private static long CostOf(PutRequest put) => KeyOverheadBytes + put.Key.Length + put.Value.Length;

    private static long CostOf(TxnRequest txn) => Math.Max(CostOf(txn.Success), CostOf(txn.Failure));

    private static long CostOf(IEnumerable<RequestOp> operations)
    {
        long cost = 0;
        foreach (RequestOp operation in operations)
        {
            cost += operation.RequestCase switch
            {
                RequestOp.RequestOneofCase.RequestPut => CostOf(operation.RequestPut),
                RequestOp.RequestOneofCase.RequestTxn => CostOf(operation.RequestTxn),
                _ => 0,
            };
        }

        return cost;
    }
}
