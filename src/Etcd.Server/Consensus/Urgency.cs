using Etcd.Protocol.Replication;
using Etcd.Server.Apply;

namespace Etcd.Server.Consensus;

/// <summary>Which requests go ahead while others are refused as too many: those that give something back or put the cluster in order. Expired leases, a
/// member to be replaced, an alarm, a compaction or a password must not wait for the load that they are the remedy of.</summary>
/// <remarks>Every bound that ordinary requests meet has a part beyond it that only urgent ones may use. It has an end, too: they can be a flood of
/// their own. Only changes of the membership, of which one is under way at a time, do not ask how far apply is behind.</remarks>
internal static class Urgency
{
    /// <summary>Committed entries that apply may be behind before ordinary callers are told to slow down.</summary>
    internal const ulong ApplyLagMax = 5_000;

    /// <summary>The same for urgent requests.</summary>
    internal const ulong UrgentApplyLagMax = 10_000;

    /// <summary>Places in a full queue that urgent requests may use.</summary>
    internal const int ReservedPlaces = 10_000;

    /// <summary>Bytes beyond the bound of requests under way that urgent ones may use.</summary>
    internal const long ReservedBytes = 16L * 1024 * 1024;

    /// <summary>Whether a request is one of them. Ordinary are those of clients for keys, in both APIs, and new leases.</summary>
    internal static bool IsUrgent(PendingRequest request) =>
        request.Change is not null
        || request.Request is InternalRaftRequest { Put: null, Txn: null, DeleteRange: null, LeaseGrant: null };

    /// <summary>Whether apply is too far behind for a request.</summary>
    internal static bool IsTooFarBehind(PendingRequest request, ulong committed, ulong applied) =>
        committed > applied
        && committed - applied > ApplyLagMax
        && (!IsUrgent(request) || (request.Change is null && committed - applied > UrgentApplyLagMax));
}
