namespace Etcd.Raft;

/// <summary>The leader sends a snapshot. <see cref="ProgressChange.PausedForSnapshot"/> follows.</summary>
/// <param name="FirstIndex">First index of the leader's log.</param>
/// <param name="Commit">Its commit index.</param>
/// <param name="Index">Index of the snapshot.</param>
/// <param name="Term">Term of the snapshot.</param>
/// <param name="Progress">The member's state before.</param>
public sealed record SnapshotSent(ulong FirstIndex, ulong Commit, ulong Index, ulong Term, MemberProgress Progress) : RaftEvent;

/// <summary>Why a member that needs a snapshot is not sent one.</summary>
public enum SnapshotDelay
{
    /// <summary>It has not been heard of lately.</summary>
    NotRecentlyActive,

    /// <summary>The storage has none to give at the moment.</summary>
    TemporarilyUnavailable,
}

/// <summary>A member needs a snapshot and is not sent one yet.</summary>
/// <param name="To">The member.</param>
/// <param name="Reason">Why.</param>
public sealed record SnapshotDelayed(ulong To, SnapshotDelay Reason) : RaftEvent;

/// <summary>A follower takes in a snapshot: the state of its log before.</summary>
/// <param name="Commit">Commit index.</param>
/// <param name="Applied">Applied index.</param>
/// <param name="Applying">Last index handed out to be applied.</param>
/// <param name="UnstableOffset">First index that is not stable.</param>
/// <param name="UnstableOffsetInProgress">First index not yet handed to the log writer.</param>
/// <param name="UnstableEntries">Number of entries that are not stable.</param>
/// <param name="Index">Index of the snapshot.</param>
/// <param name="Term">Term of the snapshot.</param>
public sealed record SnapshotRestoreStarted(
    ulong Commit,
    ulong Applied,
    ulong Applying,
    ulong UnstableOffset,
    ulong UnstableOffsetInProgress,
    int UnstableEntries,
    ulong Index,
    ulong Term) : RaftEvent;

/// <summary>A snapshot has replaced the log and the configuration.</summary>
/// <param name="Commit">Commit index.</param>
/// <param name="LastIndex">Last log index.</param>
/// <param name="LastTerm">Term of the last log entry.</param>
/// <param name="Index">Index of the snapshot.</param>
/// <param name="Term">Term of the snapshot.</param>
public sealed record SnapshotRestored(ulong Commit, ulong LastIndex, ulong LastTerm, ulong Index, ulong Term) : RaftEvent;

/// <summary>The log holds the snapshot's last entry, so only the commit index moved.</summary>
/// <param name="Commit">Commit index before.</param>
/// <param name="LastIndex">Last log index.</param>
/// <param name="LastTerm">Term of the last log entry.</param>
/// <param name="Index">Index of the snapshot.</param>
/// <param name="Term">Term of the snapshot.</param>
public sealed record SnapshotFastForwarded(ulong Commit, ulong LastIndex, ulong LastTerm, ulong Index, ulong Term) : RaftEvent;

/// <summary>The last word on a received snapshot, whether it was taken in or not.</summary>
/// <param name="Restored">Whether it replaced the log.</param>
/// <param name="Commit">Commit index after it.</param>
/// <param name="Index">Index of the snapshot.</param>
/// <param name="Term">Term of the snapshot.</param>
public sealed record SnapshotHandled(bool Restored, ulong Commit, ulong Index, ulong Term) : RaftEvent;

/// <summary>Why a snapshot from a peer cannot be right.</summary>
public enum SnapshotFault
{
    /// <summary>This node does not follow anybody.</summary>
    ReceiverIsNotFollower,

    /// <summary>The snapshot's configuration does not name this node.</summary>
    ReceiverIsNotMember,
}

/// <summary>A snapshot was refused because it cannot be right.</summary>
/// <param name="Fault">What is wrong with it.</param>
/// <param name="ConfState">Its configuration.</param>
public sealed record SnapshotRefused(SnapshotFault Fault, ConfState ConfState) : RaftEvent;
