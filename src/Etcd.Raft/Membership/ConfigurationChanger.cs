namespace Etcd.Raft;

/// <summary>Why a change does not fit the configuration in force.</summary>
internal enum ChangeFault
{
    /// <summary>It fits.</summary>
    None = 0,
    AlreadyJoint,
    NotJoint,
    NoVotersToLeaveFrom,
    SimpleChangeWhileJoint,
    SeveralVotersInSimpleChange,
    AllVotersRemoved,
}

/// <summary>A configuration that follows from another one.</summary>
/// <param name="Configuration">The new configuration; the old one after a fault.</param>
/// <param name="Dropped">Members whose progress must be forgotten even if they are members of the new configuration.</param>
/// <param name="Fault">Why there is no new configuration.</param>
internal readonly record struct ChangeOutcome(Configuration Configuration, IReadOnlySet<ulong> Dropped, ChangeFault Fault = ChangeFault.None);

/// <summary>Computes the configuration that follows from a change (raft paper, section 6; thesis, section 4.3).</summary>
internal static class ConfigurationChanger
{
    private static readonly HashSet<ulong> Nobody = [];

    /// <summary>Carries out a committed change in the way it asks for.</summary>
    public static ChangeOutcome Apply(Configuration current, ConfChangeV2 change) =>
        change.LeavesJoint ? LeaveJoint(current)
        : change.EntersJoint ? EnterJoint(current, change.Changes, change.LeavesJointAutomatically)
        : ApplySimple(current, change.Changes);

    /// <summary>Changes at most one voter, in one step: old and new majorities always overlap then.</summary>
    public static ChangeOutcome ApplySimple(Configuration current, IReadOnlyList<ConfChangeSingle> changes)
    {
        if (current.IsJoint)
        {
            return Refused(current, ChangeFault.SimpleChangeWhileJoint);
        }

        ConfigurationDraft draft = DraftWith(current, changes);
        return !draft.HasVoters ? Refused(current, ChangeFault.AllVotersRemoved)
            : draft.VotersChangedSince(current.Voters.Incoming) > 1 ? Refused(current, ChangeFault.SeveralVotersInSimpleChange)
            : Accepted(draft);
    }

    /// <summary>Makes the present voters the outgoing half and changes the incoming half at will.</summary>
    public static ChangeOutcome EnterJoint(Configuration current, IReadOnlyList<ConfChangeSingle> changes, bool autoLeave)
    {
        if (current.IsJoint)
        {
            return Refused(current, ChangeFault.AlreadyJoint);
        }

        if (current.Voters.Incoming.Count == 0)
        {
            return Refused(current, ChangeFault.NoVotersToLeaveFrom);
        }

        var draft = new ConfigurationDraft(current.ConfState);
        draft.EnterJoint(autoLeave);
        ApplyAll(draft, changes);
        return draft.HasVoters ? Accepted(draft) : Refused(current, ChangeFault.AllVotersRemoved);
    }

    /// <summary>Keeps the incoming half alone.</summary>
    public static ChangeOutcome LeaveJoint(Configuration current)
    {
        if (!current.IsJoint)
        {
            return Refused(current, ChangeFault.NotJoint);
        }

        var draft = new ConfigurationDraft(current.ConfState);
        draft.LeaveJoint();
        return Accepted(draft);
    }

    private static ConfigurationDraft DraftWith(Configuration current, IReadOnlyList<ConfChangeSingle> changes)
    {
        var draft = new ConfigurationDraft(current.ConfState);
        ApplyAll(draft, changes);
        return draft;
    }

    private static void ApplyAll(ConfigurationDraft draft, IReadOnlyList<ConfChangeSingle> changes)
    {
        foreach (ConfChangeSingle change in changes)
        {
            draft.Apply(change);
        }
    }

    private static ChangeOutcome Accepted(ConfigurationDraft draft) => new(draft.Finish(), draft.Dropped);

    private static ChangeOutcome Refused(Configuration current, ChangeFault fault) => new(current, Nobody, fault);
}
