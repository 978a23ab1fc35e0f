namespace Etcd.Raft;

/// <summary>A configuration is in force from now on.</summary>
/// <param name="Configuration">The configuration, its lists ascending.</param>
public sealed record ConfigurationSwitched(ConfState Configuration) : RaftEvent;

/// <summary>Why a proposed configuration change was turned into an empty entry.</summary>
public enum ConfChangeRefusal
{
    /// <summary>An earlier change may not be applied yet.</summary>
    EarlierChangePending,

    /// <summary>The configuration is joint and must be left first.</summary>
    MustLeaveJoint,

    /// <summary>The change would leave a joint configuration, and there is none.</summary>
    NotJoint,
}

/// <summary>A proposed configuration change was turned into an empty entry.</summary>
/// <param name="Change">The change.</param>
/// <param name="Configuration">The configuration in force.</param>
/// <param name="Reason">Why.</param>
/// <param name="PendingIndex">Index of the latest change in the log.</param>
/// <param name="Applied">Applied index.</param>
public sealed record ConfChangeIgnored(
    ConfChangeV2 Change,
    ConfState Configuration,
    ConfChangeRefusal Reason,
    ulong PendingIndex,
    ulong Applied) : RaftEvent;

/// <summary>The leader proposes to leave the joint configuration, as the change that made it asked for.</summary>
/// <param name="Configuration">The joint configuration.</param>
/// <param name="Outcome">Whether the proposal was taken; if not, it is made again when the next entry is applied.</param>
public sealed record AutomaticLeaveProposed(ConfState Configuration, ProposeOutcome Outcome) : RaftEvent;
