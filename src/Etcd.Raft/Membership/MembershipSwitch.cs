namespace Etcd.Raft;

/// <summary>Puts configurations in force: at the start, from snapshots, and as committed changes are applied.</summary>
internal sealed class MembershipSwitch(RaftCore core)
{
    private static readonly HashSet<ulong> Nobody = [];

    // Index of the snapshot that the configuration came with; 0 for none.
    private ulong _snapshotIndex;

    /// <summary>Puts a stored configuration in force.</summary>
    public void Install(ConfState state) => Switch(Configuration.From(state), Nobody);

    /// <summary>Puts the configuration of a received snapshot in force, whatever was before.</summary>
    public void Install(SnapshotMetadata snapshot)
    {
        core.Members.Clear();
        _snapshotIndex = snapshot.Index;
        Install(snapshot.ConfState);
    }

    /// <summary>Puts a committed change in force.</summary>
    /// <param name="change">The change.</param>
    /// <param name="index">Index of its entry.</param>
    /// <exception cref="InvariantViolationException">It does not fit the configuration in force: the members' logs differ.</exception>
    public ConfState Apply(ConfChangeV2 change, ulong index)
    {
        // Entries handed out before a snapshot arrived may be applied after it: their changes are part of its configuration.
        if (index <= _snapshotIndex)
        {
            return core.Members.Configuration.ConfState;
        }

        ChangeOutcome outcome = ConfigurationChanger.Apply(core.Members.Configuration, change);
        Invariant.Holds(outcome.Fault == ChangeFault.None, $"committed configuration change does not fit: {outcome.Fault}");
        Switch(outcome.Configuration, outcome.Dropped);
        return outcome.Configuration.ConfState;
    }

    /// <summary>Whether a committed configuration change waits to be applied.</summary>
    public bool HasUnappliedChange()
    {
        ulong end = core.Log.Committed + 1;
        for (ulong first = core.Log.Applied + 1; first < end;)
        {
            ReadOnlySpan<Entry> page = core.Log.Slice(first, end, core.Log.ApplyingBytesMax).Span;
            foreach (ref readonly Entry entry in page)
            {
                if (entry.Type != EntryType.Normal)
                {
                    return true;
                }
            }

            first += (ulong)page.Length;
        }

        return false;
    }

    /// <summary>Leaves a joint configuration that asked for it, once the change that made it is applied.</summary>
    public void OnApplied()
    {
        Configuration configuration = core.Members.Configuration;
        if (core.Role != RaftRole.Leader || !configuration.AutoLeave || core.Log.Applied < core.Gate.PendingIndex)
        {
            return;
        }

        // An empty change, with no bytes at all so that the limit on uncommitted bytes cannot stop it.
        ProposeOutcome outcome = core.Proposals.Propose(EntryType.ConfChangeV2, default, attachment: null);
        core.Observer?.Observe(new AutomaticLeaveProposed(configuration.ConfState, outcome));
    }

    private void Switch(Configuration configuration, IReadOnlySet<ulong> dropped)
    {
        core.Members.Switch(configuration, dropped, core.Log.LastIndex);
        core.Observer?.Observe(new ConfigurationSwitched(configuration.ConfState));
        if (core.Role != RaftRole.Leader)
        {
            return;
        }

        if (core.Members.Find(core.Id) is null or { IsLearner: true })
        {
            // Without the option it goes on leading until somebody else is elected, so that the others learn of the change.
            if (core.Options.StepDownOnRemoval)
            {
                core.BecomeFollower(core.Term, leader: 0);
            }

            return;
        }

        OnSwitchedAsLeader();
    }

    private void OnSwitchedAsLeader()
    {
        // A smaller quorum may have everything it takes.
        if (!core.Replicator.TryCommit())
        {
            core.Replicator.Probe();
        }

        if (core.Transfer.Target != 0 && !core.Members.Voters.Contains(core.Transfer.Target))
        {
            core.Transfer.Abort();
        }
    }
}
