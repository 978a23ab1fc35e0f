using Etcd.Protocol.Rpc;

namespace Etcd.Mvcc.Tests.Store;

/// <summary>The model that the store is held against: a list of whole states, one a revision.</summary>
internal sealed class NaiveStore
{
    private readonly List<SortedDictionary<string, NaiveRecord>> _states = [[], []];

    /// <summary>Newest revision.</summary>
    public long Current => _states.Count - 1;

    /// <summary>Last compaction.</summary>
    public long Compacted { get; set; } = -1;

    /// <summary>State at a revision.</summary>
    public SortedDictionary<string, NaiveRecord> At(long revision) => _states[(int)revision];

    /// <summary>Everything at a revision, in the form of <see cref="StoreBench.Dump"/>.</summary>
    public IReadOnlyList<string> Dump(long revision) =>
        [.. At(revision).Select(pair => $"{pair.Key}={pair.Value.Value} c{pair.Value.Create} m{pair.Value.Mod} v{pair.Value.Version} l0")];

    /// <summary>Applies changes as one revision; without any the revision stays.</summary>
    public void Apply(Func<SortedDictionary<string, NaiveRecord>, bool> change)
    {
        var next = new SortedDictionary<string, NaiveRecord>(At(Current), StringComparer.Ordinal);
        if (change(next))
        {
            _states.Add(next);
        }
    }

    /// <summary>Puts a key into a state that becomes the next revision.</summary>
    public bool Put(SortedDictionary<string, NaiveRecord> state, string key, string value)
    {
        long revision = Current + 1;
        state[key] = state.TryGetValue(key, out NaiveRecord? old)
            ? new NaiveRecord(value, old.Create, revision, old.Version + 1)
            : new NaiveRecord(value, revision, revision, 1);
        return true;
    }

    /// <summary>Deletes a range from a state.</summary>
    public static bool Delete(SortedDictionary<string, NaiveRecord> state, string key, string end)
    {
        string[] gone = [.. KeysIn(state, key, end)];
        foreach (string one in gone)
        {
            state.Remove(one);
        }

        return gone.Length > 0;
    }

    /// <summary>Keys of a range, ascending.</summary>
    public static IEnumerable<string> KeysIn(SortedDictionary<string, NaiveRecord> state, string key, string end) =>
        state.Keys.Where(candidate =>
            end.Length == 0 ? candidate == key
            : string.CompareOrdinal(candidate, key) >= 0 && (end == "\0" || string.CompareOrdinal(candidate, end) < 0));

    /// <summary>What etcd answers to a range, step by step as its documentation of the semantics reads.</summary>
    public (IReadOnlyList<string> Lines, long Count, bool More) Range(RangeRequest request)
    {
        SortedDictionary<string, NaiveRecord> state = At(request.Revision > 0 ? request.Revision : Current);
        string[] keys = [.. KeysIn(state, StoreBench.Text(request.Key), StoreBench.Text(request.RangeEnd))];
        if (request.CountOnly)
        {
            return ([], keys.Length, false);
        }

        IEnumerable<string> found = keys;
        bool fetchesAll = request.SortOrder != RangeRequest.Types.SortOrder.None
            || (request.MinModRevision | request.MaxModRevision | request.MinCreateRevision | request.MaxCreateRevision) != 0;
        if (!fetchesAll && request.Limit > 0)
        {
            found = found.Take((int)request.Limit + 1);
        }

        found = found.Where(key =>
            Within(state[key].Mod, request.MinModRevision, request.MaxModRevision)
            && Within(state[key].Create, request.MinCreateRevision, request.MaxCreateRevision));
        found = Sorted(found, state, request);
        string[] result = [.. found];
        bool more = request.Limit > 0 && result.Length > request.Limit;
        string[] cut = more ? result[..(int)request.Limit] : result;
        return ([.. cut.Select(key => Line(key, state[key], request.KeysOnly))], keys.Length, more);
    }

    private static string Line(string key, NaiveRecord record, bool keysOnly) =>
        $"{key}={(keysOnly ? "" : record.Value)} c{record.Create} m{record.Mod} v{record.Version} l0";

    private static IEnumerable<string> Sorted(
        IEnumerable<string> keys, SortedDictionary<string, NaiveRecord> state, RangeRequest request)
    {
        if (request.SortTarget == RangeRequest.Types.SortTarget.Key && request.SortOrder == RangeRequest.Types.SortOrder.None)
        {
            return keys;
        }

        bool descending = request.SortOrder == RangeRequest.Types.SortOrder.Descend;
        return request.SortTarget switch
        {
            RangeRequest.Types.SortTarget.Key => By(keys, key => key, StringComparer.Ordinal, descending),
            RangeRequest.Types.SortTarget.Version => By(keys, key => state[key].Version, Comparer<long>.Default, descending),
            RangeRequest.Types.SortTarget.Create => By(keys, key => state[key].Create, Comparer<long>.Default, descending),
            RangeRequest.Types.SortTarget.Mod => By(keys, key => state[key].Mod, Comparer<long>.Default, descending),
            _ => By(keys, key => state[key].Value, StringComparer.Ordinal, descending),
        };
    }

    private static IEnumerable<string> By<T>(IEnumerable<string> keys, Func<string, T> target, IComparer<T> comparer, bool descending) =>
        descending ? keys.OrderByDescending(target, comparer) : keys.OrderBy(target, comparer);

    private static bool Within(long value, long min, long max) => (min == 0 || value >= min) && (max == 0 || value <= max);
}
