using Etcd.Mvcc;
using Etcd.Protocol.Kv;
using Etcd.Simulation.Schedule;

namespace Etcd.Simulation.Checkers;

/// <summary>One change of one key at one revision.</summary>
/// <param name="Key">The key.</param>
/// <param name="IsDelete">Whether it was deleted.</param>
/// <param name="Value">Its value; empty for a deletion.</param>
/// <param name="Version">Writes since its creation; 0 for a deletion.</param>
/// <param name="CreateRevision">Revision of its creation; 0 for a deletion.</param>
/// <param name="Lease">Lease it hangs on; 0 for none.</param>
internal sealed record Change(string Key, bool IsDelete, string Value, long Version, long CreateRevision, long Lease);

/// <summary>The whole history of the store, put together from what the members' stores hold: every revision with its changes, and when it was first seen.</summary>
/// <remarks>That two members never differ in a revision is checked here, as the revisions come in.</remarks>
internal sealed class StoreHistory(EventQueue queue)
{
    /// <summary>Revision of a store without a write.</summary>
    public const long RevisionWhenEmpty = 1;

    private readonly SortedDictionary<long, Recorded> _revisions = [];
    private readonly SortedSet<long> _compactions = [];

    /// <summary>All revisions up to this one are known.</summary>
    public long CompleteUpTo { get; private set; } = RevisionWhenEmpty;

    /// <summary>Highest revision that anybody has asked to compact at; 0 for none.</summary>
    public long CompactionAskedMax => _compactions.Max;

    /// <summary>All revisions known, ascending.</summary>
    public IEnumerable<(long Revision, IReadOnlyList<Change> Changes)> Revisions =>
        _revisions.Select(static item => (item.Key, item.Value.Changes));

    public IReadOnlyList<Change> ChangesAt(long revision) => _revisions.TryGetValue(revision, out Recorded? recorded) ? recorded.Changes : [];

    /// <summary>True time at which the revision was first seen on a member, at most an interval of the audit after it was applied.</summary>
    public long SeenAt(long revision) => _revisions[revision].SeenTicks;

    /// <summary>Notes that a compaction is about to be asked for. Only what was asked for can be compacted.</summary>
    public void NoteCompaction(long revision) => _compactions.Add(revision);

    /// <summary>Whether somebody has asked to compact at a revision.</summary>
    public bool IsCompactionAsked(long revision) => _compactions.Contains(revision);

    /// <summary>Takes what a member's store says about a stretch of revisions.</summary>
    /// <param name="member">Who says so, for messages.</param>
    /// <param name="from">First revision of the stretch.</param>
    /// <param name="toInclusive">Last one.</param>
    /// <param name="events">All changes in it, in order.</param>
    public void Add(string member, long from, long toInclusive, IReadOnlyList<KeyEvent> events)
    {
        int at = 0;
        for (long revision = from; revision <= toInclusive; revision++)
        {
            var changes = new List<Change>();
            for (; at < events.Count && events[at].Revision.Main == revision; at++)
            {
                changes.Add(Read(events[at]));
            }

            Add(member, revision, changes);
        }

        if (at != events.Count)
        {
            throw new SimulationFailedException($"{member}: the history of revisions {from} to {toInclusive} has an event of {events[at].Revision}");
        }
    }

    public static Change Read(KeyEvent keyEvent) => Read(Event.Parser.ParseFrom(keyEvent.EncodedEvent.Span));

    public static Change Read(Event message)
    {
        bool isDelete = message.Type == Event.Types.EventType.Delete;
        return new Change(
            message.Kv.Key.ToStringUtf8(),
            isDelete,
            isDelete ? string.Empty : message.Kv.Value.ToStringUtf8(),
            isDelete ? 0 : message.Kv.Version,
            isDelete ? 0 : message.Kv.CreateRevision,
            isDelete ? 0 : message.Kv.Lease);
    }

    /// <summary>Takes what a member's store says about one revision.</summary>
    public void Add(string member, long revision, IReadOnlyList<Change> changes)
    {
        if (changes.Count == 0)
        {
            throw new SimulationFailedException($"{member}: revision {revision} changes nothing");
        }

        if (_revisions.TryGetValue(revision, out Recorded? known))
        {
            if (!known.Changes.SequenceEqual(changes))
            {
                throw new SimulationFailedException(
                    $"members differ at revision {revision}: {known.Member} has {string.Join(", ", known.Changes)}, {member} has {string.Join(", ", changes)}");
            }

            return;
        }

        _revisions.Add(revision, new Recorded(member, changes, queue.NowTicks));
        while (_revisions.ContainsKey(CompleteUpTo + 1))
        {
            CompleteUpTo++;
        }
    }

    private sealed record Recorded(string Member, IReadOnlyList<Change> Changes, long SeenTicks);
}
