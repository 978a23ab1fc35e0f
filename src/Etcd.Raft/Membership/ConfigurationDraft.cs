namespace Etcd.Raft;

/// <summary>A configuration being changed, one member after the other.</summary>
internal sealed class ConfigurationDraft
{
    private readonly SortedSet<ulong> _incoming = [];
    private readonly SortedSet<ulong> _outgoing = [];
    private readonly SortedSet<ulong> _learners = [];
    private readonly SortedSet<ulong> _learnersNext = [];
    private readonly HashSet<ulong> _dropped = [];
    private bool _autoLeave;

    public ConfigurationDraft(ConfState state)
    {
        _incoming.UnionWith(state.Voters);
        _outgoing.UnionWith(state.VotersOutgoing);
        _learners.UnionWith(state.Learners);
        _learnersNext.UnionWith(state.LearnersNext);
        _autoLeave = state.AutoLeave;
    }

    /// <summary>Members that were, for a moment at least, in no set: if they are members again, nothing is known of them.</summary>
    public IReadOnlySet<ulong> Dropped => _dropped;

    public bool HasVoters => _incoming.Count > 0;

    public bool IsJoint => _outgoing.Count > 0;

    /// <summary>Makes the present voters the outgoing half.</summary>
    public void EnterJoint(bool autoLeave)
    {
        _outgoing.UnionWith(_incoming);
        _autoLeave = autoLeave;
    }

    /// <summary>Drops the outgoing half; who waited for that becomes a learner.</summary>
    public void LeaveJoint()
    {
        _learners.UnionWith(_learnersNext);
        _learnersNext.Clear();
        _outgoing.Clear();
        _autoLeave = false;
    }

    /// <summary>Makes one change. Member 0 is passed over: that is how etcd voids a change it has refused.</summary>
    public void Apply(ConfChangeSingle change)
    {
        if (change.NodeId == 0)
        {
            return;
        }

        switch (change.Type)
        {
            case ConfChangeType.AddNode:
                MakeVoter(change.NodeId);
                break;
            case ConfChangeType.AddLearnerNode:
                MakeLearner(change.NodeId);
                break;
            case ConfChangeType.RemoveNode:
                Remove(change.NodeId);
                break;
            case ConfChangeType.UpdateNode:
                break;
            default:
                throw new InvariantViolationException($"configuration change of unknown type {(int)change.Type} for member {change.NodeId:x}");
        }
    }

    /// <summary>How many voters the incoming half gained or lost against <paramref name="before"/>.</summary>
    public int VotersChangedSince(MajorityQuorum before)
    {
        int kept = 0;
        foreach (ulong id in before.Ids)
        {
            kept += _incoming.Contains(id) ? 1 : 0;
        }

        return (before.Count - kept) + (_incoming.Count - kept);
    }

    /// <summary>Closes the draft.</summary>
    /// <exception cref="InvariantViolationException">The sets contradict each other.</exception>
    public Configuration Finish()
    {
        Invariant.Holds(!_learners.Overlaps(_incoming), $"a learner is a voter too");
        Invariant.Holds(!_learners.Overlaps(_outgoing), $"a learner is an outgoing voter too");
        Invariant.Holds(_learnersNext.IsSubsetOf(_outgoing), $"a future learner is no outgoing voter");
        Invariant.Holds(IsJoint || !_autoLeave, $"automatic leave without a joint configuration");
        var voters = new JointQuorum(new MajorityQuorum([.. _incoming]), new MajorityQuorum([.. _outgoing]));
        return new Configuration(voters, [.. _learners], [.. _learnersNext], _autoLeave);
    }

    private void MakeVoter(ulong id)
    {
        _learners.Remove(id);
        _learnersNext.Remove(id);
        _incoming.Add(id);
    }

    private void MakeLearner(ulong id)
    {
        _incoming.Remove(id);

        // An outgoing voter still votes, and a learner must not: it has to wait until the outgoing half is gone.
        (_outgoing.Contains(id) ? _learnersNext : _learners).Add(id);
    }

    private void Remove(ulong id)
    {
        bool was = _incoming.Remove(id) | _learners.Remove(id) | _learnersNext.Remove(id);
        if (was && !_outgoing.Contains(id))
        {
            _dropped.Add(id);
        }
    }
}
