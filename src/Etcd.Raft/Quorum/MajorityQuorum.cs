namespace Etcd.Raft;

/// <summary>A set of voters that decides by majority. Immutable.</summary>
/// <remarks>The empty set agrees to everything, so that a joint quorum with an empty half is the other half.</remarks>
internal sealed class MajorityQuorum
{
    // Configurations up to this size are counted without an allocation.
    private const int StackVotersMax = 16;

    private readonly ulong[] _ids;

    /// <param name="idsAscending">Voter ids, ascending and distinct; kept.</param>
    public MajorityQuorum(ulong[] idsAscending) => _ids = idsAscending;

    public static MajorityQuorum Empty { get; } = new([]);

    /// <summary>Voter ids, ascending.</summary>
    public ReadOnlySpan<ulong> Ids => _ids;

    public int Count => _ids.Length;

    public bool Contains(ulong id) => Array.BinarySearch(_ids, id) >= 0;

    /// <summary>Highest index that a majority has acknowledged; the largest number for the empty set.</summary>
    public ulong CommittedIndex<TIndexes>(TIndexes acknowledged)
        where TIndexes : IAcknowledgedIndexes
    {
        int count = _ids.Length;
        if (count == 0)
        {
            return ulong.MaxValue;
        }

        Span<ulong> indexes = count <= StackVotersMax ? stackalloc ulong[count] : new ulong[count];
        for (int i = 0; i < count; i++)
        {
            indexes[i] = acknowledged.AcknowledgedBy(_ids[i]);
        }

        indexes.Sort();
        return indexes[count - Majority];
    }

    /// <summary>Counts votes.</summary>
    public VoteResult Tally<TVotes>(TVotes votes)
        where TVotes : IVotes
    {
        if (_ids.Length == 0)
        {
            return VoteResult.Won;
        }

        int granted = 0;
        int missing = 0;
        foreach (ulong id in _ids)
        {
            switch (votes.VoteOf(id))
            {
                case true:
                    granted++;
                    break;
                case null:
                    missing++;
                    break;
            }
        }

        return granted >= Majority ? VoteResult.Won
            : granted + missing >= Majority ? VoteResult.Pending
            : VoteResult.Lost;
    }

    private int Majority => (_ids.Length / 2) + 1;
}
