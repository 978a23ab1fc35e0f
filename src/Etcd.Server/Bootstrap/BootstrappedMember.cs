using Etcd.Mvcc;
using Etcd.Raft;
using Etcd.Server.Membership;
using Etcd.Wal;

namespace Etcd.Server.Bootstrap;

/// <summary>What a member starts from, whether its disk was empty or not.</summary>
/// <param name="MemberId">Its identity.</param>
/// <param name="ClusterId">Its cluster's identity.</param>
/// <param name="IsNew">Whether the disk was empty.</param>
/// <param name="Wal">The open log.</param>
/// <param name="Log">The log's entries above the snapshot, in memory.</param>
/// <param name="Snapshot">The snapshot started from; empty for none.</param>
/// <param name="HardState">Term, vote and commit index as recovered.</param>
/// <param name="Backend">The open backend.</param>
/// <param name="Snapshots">The snapshot files.</param>
/// <param name="Membership">Members as of the snapshot.</param>
/// <param name="Peers">Other members that are known already, to be connected to at once.</param>
/// <param name="Remotes">Members of the cluster being joined, which must be answered before the log tells of them.</param>
internal sealed record BootstrappedMember(
    ulong MemberId,
    ulong ClusterId,
    bool IsNew,
    WriteAheadLog Wal,
    MemoryLog Log,
    Snapshot Snapshot,
    HardState HardState,
    Backend Backend,
    SnapshotStore Snapshots,
    ClusterMembership Membership,
    IReadOnlyList<Member> Peers,
    IReadOnlyList<Member> Remotes);
