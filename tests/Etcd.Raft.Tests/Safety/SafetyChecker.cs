namespace Etcd.Raft.Tests.Safety;

/// <summary>Knows everything that ever happened in a cluster, and checks it against figure 3 of the raft paper.</summary>
internal sealed class SafetyChecker
{
    private readonly Dictionary<ulong, ulong> _leaders = [];
    private readonly Dictionary<EntryId, (ulong PreviousTerm, string Data)> _entries = [];
    private readonly Dictionary<ulong, (ulong Term, ulong CommittedInTerm)> _committed = [];
    private readonly Dictionary<ulong, ulong> _states = [];

    /// <summary>Highest index that any member has known to be committed.</summary>
    public ulong CommittedMax { get; private set; }

    public int ReadsAnswered { get; private set; }

    public int LeadersElected => _leaders.Count;

    /// <summary>Election safety: at most one leader in a term. Leader completeness: it has all that was committed in earlier terms.</summary>
    public void OnBecameLeader(ulong id, ulong term, RaftLog log)
    {
        Check(_leaders.TryAdd(term, id) || _leaders[term] == id, $"term {term} has two leaders, {_leaders[term]} and {id}");
        foreach ((ulong index, (ulong entryTerm, ulong committedInTerm)) in _committed)
        {
            bool mustHave = committedInTerm < term && index >= log.FirstIndex;
            Check(!mustHave || log.TermOrZero(index) == entryTerm, $"leader {id} of term {term} lacks the committed entry {entryTerm}/{index}");
        }
    }

    /// <summary>Log matching: entries of the same index and term are the same, and so are those before them.</summary>
    public void OnAppended(ulong id, in Entry entry, ulong? previousTerm)
    {
        var at = new EntryId(entry.Term, entry.Index);
        string data = $"{entry.Type} {Convert.ToHexString(entry.Data.Span)}";
        if (_entries.TryGetValue(at, out (ulong PreviousTerm, string Data) known))
        {
            Check(known.Data == data, $"member {id} has another entry at {at} than was proposed there");
            Check(previousTerm is null || known.PreviousTerm == previousTerm, $"member {id} has another entry before {at}");
        }
        else if (previousTerm is not null)
        {
            _entries.Add(at, (previousTerm.Value, data));
        }
    }

    /// <summary>State machine safety, as seen by commit indexes: one entry for each index, for good.</summary>
    public void OnCommitted(ulong id, ulong nodeTerm, ulong first, ulong last, RaftLog log)
    {
        for (ulong index = first; index <= last; index++)
        {
            if (index < log.FirstIndex)
            {
                continue;
            }

            ulong term = log.TermOrZero(index);
            if (_committed.TryGetValue(index, out (ulong Term, ulong CommittedInTerm) known))
            {
                Check(known.Term == term, $"member {id} committed {term}/{index}, others {known.Term}/{index}");
            }

            ulong inTerm = _committed.ContainsKey(index) ? Math.Min(known.CommittedInTerm, nodeTerm) : nodeTerm;
            _committed[index] = (term, inTerm);
        }

        CommittedMax = Math.Max(CommittedMax, last);
    }

    /// <summary>State machine safety: after the same index everybody is in the same state.</summary>
    public void OnApplied(ulong id, ulong index, ulong state) =>
        Check(_states.TryAdd(index, state) || _states[index] == state, $"member {id} differs from others after index {index}");

    /// <summary>Linearizable reads: the read index covers everything that was committed when the read was asked for.</summary>
    public void OnRead(ulong id, ulong committedWhenAsked, ulong readIndex)
    {
        ReadsAnswered++;
        Check(readIndex >= committedWhenAsked, $"member {id} may read at {readIndex}, {committedWhenAsked} was committed before it asked");
    }

    private static void Check(bool holds, string what)
    {
        if (!holds)
        {
            throw new SafetyViolationException(what);
        }
    }
}
