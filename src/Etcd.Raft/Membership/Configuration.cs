namespace Etcd.Raft;

/// <summary>Who votes and who only listens. Immutable; all lists ascend.</summary>
internal sealed class Configuration
{
    public static Configuration Empty { get; } = new(new JointQuorum(MajorityQuorum.Empty, MajorityQuorum.Empty), [], [], false);

    public Configuration(JointQuorum voters, ulong[] learners, ulong[] learnersNext, bool autoLeave)
    {
        Voters = voters;
        AutoLeave = autoLeave;
        ConfState = new ConfState
        {
            Voters = voters.Incoming.Ids.ToArray(),
            VotersOutgoing = voters.Outgoing.Ids.ToArray(),
            Learners = learners,
            LearnersNext = learnersNext,
            AutoLeave = autoLeave,
        };
    }

    public JointQuorum Voters { get; }

    public IReadOnlyList<ulong> Learners => ConfState.Learners;

    /// <summary>Voters of the outgoing half that become learners once it is left.</summary>
    public IReadOnlyList<ulong> LearnersNext => ConfState.LearnersNext;

    public bool IsJoint => Voters.IsJoint;

    /// <summary>Whether the leader leaves the joint configuration by itself.</summary>
    public bool AutoLeave { get; }

    /// <summary>The configuration in the form that snapshots carry.</summary>
    public ConfState ConfState { get; }

    /// <summary>Reads the form that snapshots carry.</summary>
    /// <exception cref="InvariantViolationException">It contradicts itself.</exception>
    public static Configuration From(ConfState state) => new ConfigurationDraft(state).Finish();
}
