using Etcd.Raft;

namespace Etcd.Wal.Tests;

/// <summary>What a log may hold after power loss: all that was acknowledged, and any beginning of what was in flight.</summary>
internal sealed class LogModel
{
    private readonly List<Entry> _durable = [];
    private readonly List<Entry> _inFlight = [];
    private readonly List<HardState> _states = [default];
    private int _durableState;

    public bool Created { get; set; }

    public List<WalSnapshot> DurableSnapshots { get; } = [];

    public int DurableEntries => _durable.Count;

    /// <summary>Called before the log is asked to write.</summary>
    public void Starts(HardState state, IEnumerable<Entry> entries)
    {
        _inFlight.AddRange(entries);
        if (!state.IsEmpty)
        {
            _states.Add(state);
        }
    }

    /// <summary>Called once the log has said that all of it is durable.</summary>
    public void Acknowledged()
    {
        _inFlight.ForEach(entry => Put(_durable, entry));
        _inFlight.Clear();
        _durableState = _states.Count - 1;
    }

    public void AssertHolds(WalContents contents)
    {
        List<Entry> allowed = [.. _durable];
        for (int taken = 0; !Same(allowed, contents.Entries); taken++)
        {
            if (taken == _inFlight.Count)
            {
                Assert.Fail(Describe(contents.Entries));
            }

            Put(allowed, _inFlight[taken]);
        }

        Assert.Contains(contents.HardState, _states.Skip(_durableState));
    }

    private static void Put(List<Entry> log, Entry entry)
    {
        log.RemoveRange((int)entry.Index - 1, log.Count - ((int)entry.Index - 1));
        log.Add(entry);
    }

    private static bool Same(List<Entry> expected, IReadOnlyList<Entry> found) =>
        expected.Count == found.Count
        && expected.Zip(found).All(pair =>
            pair.First.Index == pair.Second.Index
            && pair.First.Term == pair.Second.Term
            && pair.First.Data.Span.SequenceEqual(pair.Second.Data.Span));

    private string Describe(IReadOnlyList<Entry> found) =>
        $"{_durable.Count} entries were durable and {_inFlight.Count} in flight; found {found.Count}: "
        + string.Join(' ', found.Select(entry => $"{entry.Index}/{entry.Term}"));
}
