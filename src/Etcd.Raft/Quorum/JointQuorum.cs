namespace Etcd.Raft;

/// <summary>Two majorities that must both agree while membership moves from one to the other (raft paper, section 6).
/// Outside such a move the outgoing one is empty. Immutable.</summary>
internal sealed class JointQuorum
{
    public JointQuorum(MajorityQuorum incoming, MajorityQuorum outgoing)
    {
        Incoming = incoming;
        Outgoing = outgoing;
        Ids = Union(incoming.Ids, outgoing.Ids);
    }

    public MajorityQuorum Incoming { get; }

    public MajorityQuorum Outgoing { get; }

    public bool IsJoint => Outgoing.Count > 0;

    /// <summary>Voters of either half, ascending.</summary>
    public IReadOnlyList<ulong> Ids { get; }

    /// <summary>Whether one voter alone decides.</summary>
    public bool IsSingleton => Incoming.Count == 1 && Outgoing.Count == 0;

    public bool Contains(ulong id) => Incoming.Contains(id) || Outgoing.Contains(id);

    /// <summary>Highest index that both majorities have acknowledged.</summary>
    public ulong CommittedIndex<TIndexes>(TIndexes acknowledged)
        where TIndexes : IAcknowledgedIndexes =>
        Math.Min(Incoming.CommittedIndex(acknowledged), Outgoing.CommittedIndex(acknowledged));

    /// <summary>Counts votes: won when both halves are won, lost when one is lost.</summary>
    public VoteResult Tally<TVotes>(TVotes votes)
        where TVotes : IVotes
    {
        VoteResult incoming = Incoming.Tally(votes);
        VoteResult outgoing = Outgoing.Tally(votes);
        return incoming == outgoing ? incoming
            : incoming == VoteResult.Lost || outgoing == VoteResult.Lost ? VoteResult.Lost
            : VoteResult.Pending;
    }

    private static ulong[] Union(ReadOnlySpan<ulong> left, ReadOnlySpan<ulong> right)
    {
        var union = new SortedSet<ulong>();
        foreach (ulong id in left)
        {
            union.Add(id);
        }

        foreach (ulong id in right)
        {
            union.Add(id);
        }

        ulong[] ids = new ulong[union.Count];
        union.CopyTo(ids);
        return ids;
    }
}
