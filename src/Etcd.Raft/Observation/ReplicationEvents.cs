namespace Etcd.Raft;

/// <summary>A proposal was dropped.</summary>
/// <param name="Term">Current term.</param>
/// <param name="Outcome">Why.</param>
/// <param name="Leader">The leader, if one is known.</param>
/// <param name="Transferee">The member that leadership is handed to, if one is.</param>
public sealed record ProposalDropped(ulong Term, ProposeOutcome Outcome, ulong Leader, ulong Transferee) : RaftEvent;

/// <summary>A follower refused an append: its log has another entry, or none, before the first one sent.</summary>
/// <param name="From">The leader.</param>
/// <param name="Index">Index of the entry before the first one sent.</param>
/// <param name="OwnTerm">Term of the follower's entry there; 0 for none.</param>
/// <param name="LeaderTerm">Term of the leader's entry there.</param>
public sealed record AppendRefused(ulong From, ulong Index, ulong OwnTerm, ulong LeaderTerm) : RaftEvent;

/// <summary>The leader learned that its append was refused.</summary>
/// <param name="From">The follower.</param>
/// <param name="Index">The refused position.</param>
/// <param name="HintIndex">The follower's guess at a matching position.</param>
/// <param name="HintTerm">Its term there.</param>
public sealed record AppendRejectionReceived(ulong From, ulong Index, ulong HintIndex, ulong HintTerm) : RaftEvent;

/// <summary>What changed in how a leader replicates to a member.</summary>
public enum ProgressChange
{
    /// <summary>After a refusal the next append begins earlier.</summary>
    Decreased,

    /// <summary>A snapshot goes out, and appends stop.</summary>
    PausedForSnapshot,

    /// <summary>The member's log reaches ours again without the snapshot's outcome being known.</summary>
    RecoveredFromSnapshot,

    /// <summary>The snapshot arrived.</summary>
    SnapshotSucceeded,

    /// <summary>The snapshot did not arrive.</summary>
    SnapshotFailed,

    /// <summary>A message could not be sent.</summary>
    Unreachable,
}

/// <summary>The leader's view of a member changed.</summary>
/// <param name="Change">What happened.</param>
/// <param name="Progress">The member's state: before the change for <see cref="ProgressChange.Decreased"/> leaving the
/// replicate state and for <see cref="ProgressChange.RecoveredFromSnapshot"/>, after it otherwise.</param>
public sealed record ProgressChanged(ProgressChange Change, MemberProgress Progress) : RaftEvent;

/// <summary>A response came from a member without progress; it has no effect.</summary>
/// <param name="From">The sender.</param>
public sealed record ProgressMissing(ulong From) : RaftEvent;

/// <summary>A follower's log disagrees with the leader's from this index on.</summary>
/// <param name="Index">First index that disagrees.</param>
/// <param name="ExistingTerm">Term of the follower's entry.</param>
/// <param name="ConflictingTerm">Term of the leader's entry.</param>
public sealed record LogConflictFound(ulong Index, ulong ExistingTerm, ulong ConflictingTerm) : RaftEvent;

/// <summary>Entries that were not stable yet give way to the leader's.</summary>
/// <param name="Index">First index given up.</param>
/// <param name="All">Whether none of the unstable entries stays.</param>
public sealed record UnstableEntriesReplaced(ulong Index, bool All) : RaftEvent;

/// <summary>Why an acknowledgement of stable entries was passed over.</summary>
public enum StaleAcknowledgement
{
    /// <summary>The term has changed since: entries of that index may be others by now.</summary>
    LowerTerm,

    /// <summary>No unstable entry has that index.</summary>
    Missing,

    /// <summary>The index is that of the unstable snapshot.</summary>
    MatchesSnapshot,

    /// <summary>The unstable entry at that index has another term.</summary>
    Mismatched,
}

/// <summary>The log writer acknowledged entries that have been replaced meanwhile; they stay unstable.</summary>
/// <param name="Reason">Why it does not count.</param>
/// <param name="Term">Current term.</param>
/// <param name="MessageTerm">Term in which the write was handed out; 0 unless <see cref="StaleAcknowledgement.LowerTerm"/>.</param>
/// <param name="Index">The acknowledged index.</param>
/// <param name="AcknowledgedTerm">Term of the acknowledged entry.</param>
/// <param name="UnstableTerm">Term of the unstable entry at the index; 0 for none.</param>
public sealed record StableEntriesIgnored(
    StaleAcknowledgement Reason,
    ulong Term,
    ulong MessageTerm,
    ulong Index,
    ulong AcknowledgedTerm,
    ulong UnstableTerm) : RaftEvent;
