namespace Etcd.Raft;

/// <summary>What a leader may commit because a quorum has acknowledged it: only an entry of its own term, and with it all before (raft paper,
/// section 5.4.2). An older one that a quorum has can still be replaced by a leader that has a newer one in its place.</summary>
internal class CommitRule
{
    public static CommitRule OwnTermOnly { get; } = new();

    /// <summary>Commits up to an index that a quorum has acknowledged, if that is allowed.</summary>
    /// <returns>Whether the commit index moved.</returns>
    public virtual bool TryCommit(RaftLog log, ulong term, ulong index) => log.TryCommit(new EntryId(term, index));
}
