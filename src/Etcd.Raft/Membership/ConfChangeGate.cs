using Etcd.Raft.Encoding;

namespace Etcd.Raft;

/// <summary>Leader: lets one configuration change at a time into its log (raft thesis, section 4.1), and joint configurations
/// be left before the next change.</summary>
internal sealed class ConfChangeGate(RaftCore core)
{
    /// <summary>No change above this index is in the log. While it is above the applied index, one may wait to be applied.</summary>
    public ulong PendingIndex { get; private set; }

    public void Reset() => PendingIndex = 0;

    /// <summary>A new leader does not know what its log holds above the commit index: none of it may be overtaken.</summary>
    public void OnBecomeLeader() => PendingIndex = core.Log.LastIndex;

    /// <summary>Checks a proposed change that would get the given index.</summary>
    /// <returns>The proposal, or an empty entry in its place.</returns>
    public Entry Admit(in Entry proposal, ulong index)
    {
        ConfChangeV2 change = Decode(in proposal);
        ConfChangeRefusal? refusal = Refusal(change);
        if (refusal is not null && !core.Options.DisableConfChangeValidation)
        {
            core.Observer?.Observe(new ConfChangeIgnored(
                change,
                core.Members.Configuration.ConfState,
                refusal.Value,
                PendingIndex,
                core.Log.Applied));
            return new Entry(0, 0, EntryType.Normal, default);
        }

        PendingIndex = index;
        return proposal;
    }

    private static ConfChangeV2 Decode(in Entry proposal) => proposal.Type == EntryType.ConfChange
        ? ConfChangeCodec.ReadConfChange(proposal.Data).ToV2()
        : ConfChangeCodec.ReadConfChangeV2(proposal.Data);

    private ConfChangeRefusal? Refusal(ConfChangeV2 change)
    {
        bool isJoint = core.Members.Configuration.IsJoint;
        bool leaves = change.Changes.Count == 0;
        return PendingIndex > core.Log.Applied ? ConfChangeRefusal.EarlierChangePending
            : isJoint && !leaves ? ConfChangeRefusal.MustLeaveJoint
            : !isJoint && leaves ? ConfChangeRefusal.NotJoint
            : null;
    }
}
