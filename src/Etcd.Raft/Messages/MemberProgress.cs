namespace Etcd.Raft;

/// <summary>How a leader replicates to one member.</summary>
public enum ProgressState : byte
{
    /// <summary>The member's last matching index is not known: at most one append is under way.</summary>
    Probe = 0,

    /// <summary>Appends are sent ahead of their answers, within the in-flight limits.</summary>
    Replicate = 1,

    /// <summary>A snapshot is under way and no append is sent.</summary>
    Snapshot = 2,
}

/// <summary>What a leader knows of one member.</summary>
/// <param name="Id">The member.</param>
/// <param name="State">How it is replicated to.</param>
/// <param name="Match">Highest index known to be in its log.</param>
/// <param name="Next">Index the next append begins with; above <paramref name="Match"/>.</param>
/// <param name="IsLearner">Whether it has no vote.</param>
/// <param name="IsPaused">Whether appends are held back until it answers.</param>
/// <param name="PendingSnapshot">Index of the snapshot under way; 0 for none.</param>
/// <param name="RecentlyActive">Whether it was heard of since the last quorum check.</param>
/// <param name="InflightMessages">Appends under way.</param>
/// <param name="IsInflightFull">Whether an in-flight limit is reached.</param>
public readonly record struct MemberProgress(
    ulong Id,
    ProgressState State,
    ulong Match,
    ulong Next,
    bool IsLearner,
    bool IsPaused,
    ulong PendingSnapshot,
    bool RecentlyActive,
    int InflightMessages,
    bool IsInflightFull);
