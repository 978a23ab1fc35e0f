namespace Etcd.Raft;

/// <summary>The configuration in force and the progress of each of its members, by ascending id.</summary>
internal sealed class MemberTable(int inflightMessagesMax, ulong inflightBytesMax) : IAcknowledgedIndexes
{
    private Progress[] _members = [];

    public Configuration Configuration { get; private set; } = Configuration.Empty;

    public JointQuorum Voters => Configuration.Voters;

    /// <summary>All members, voters and learners, by ascending id.</summary>
    public ReadOnlySpan<Progress> Members => _members;

    public Progress? Find(ulong id)
    {
        foreach (Progress member in _members)
        {
            if (member.Id == id)
            {
                return member;
            }
        }

        return null;
    }

    public bool Contains(ulong id) => Find(id) is not null;

    /// <summary>Highest log index that a quorum has in its durable log.</summary>
    public ulong CommittedIndex() => Voters.CommittedIndex(this);

    /// <inheritdoc />
    public ulong AcknowledgedBy(ulong id) => Find(id)?.Match ?? 0;

    /// <summary>Puts a configuration in force. Members of both keep their progress; new ones begin at <paramref name="lastIndex"/>.</summary>
    public void Switch(Configuration configuration, IReadOnlySet<ulong> dropped, ulong lastIndex)
    {
        var ids = new SortedSet<ulong>(configuration.Voters.Ids);
        ids.UnionWith(configuration.Learners);
        ids.UnionWith(configuration.LearnersNext);

        var members = new Progress[ids.Count];
        int count = 0;
        var learners = new HashSet<ulong>(configuration.Learners);
        foreach (ulong id in ids)
        {
            Progress? known = dropped.Contains(id) ? null : Find(id);
            Progress member = known ?? NewProgress(id, lastIndex);
            member.IsLearner = learners.Contains(id);
            members[count++] = member;
        }

        Configuration = configuration;
        _members = members;
    }

    /// <summary>Forgets the configuration and all progress.</summary>
    public void Clear()
    {
        Configuration = Configuration.Empty;
        _members = [];
    }

    private Progress NewProgress(ulong id, ulong lastIndex)
    {
        var progress = new Progress(id, isLearner: false, inflightMessagesMax, inflightBytesMax);
        progress.Reset(match: 0, next: Math.Max(lastIndex, 1));

        // Unless it counts as active at first, a quorum check before its first answer would depose the leader that added it.
        progress.RecentlyActive = true;
        return progress;
    }
}
