using Etcd.Mvcc.Watch;
using Etcd.Protocol.Kv;

namespace Etcd.Mvcc.Tests.Watch;

/// <summary>What one watcher must see, computed from the history alone, checked notice by notice.</summary>
internal sealed class ExpectedWatcher(MemoryHistory store, WatchSpec spec)
{
    private long _nextRevision = spec.StartRevision;     // all below it was delivered
    private bool _isInFragment;
    private readonly List<Event> _fragments = [];

    public long WatchId { get; init; }

    /// <summary>Set once the creator has cancelled it: what still comes must be right, but need not be all.</summary>
    public bool IsCancelled { get; set; }

    public bool IsCreated { get; private set; }

    public bool HasEnded { get; private set; }

    public long EventsSeen { get; private set; }

    public void Check(WatchNotice notice)
    {
        Assert.False(HasEnded, "a notice after the last one");
        switch (notice.Kind)
        {
            case WatchNoticeKind.Created:
                Assert.False(IsCreated, "created twice");
                IsCreated = true;
                return;
            case WatchNoticeKind.Events:
                Assert.True(IsCreated, "events before the created notice");
                CheckEvents(notice);
                return;
            case WatchNoticeKind.Progress:
                CheckProgress(notice.Revision);
                return;
            case WatchNoticeKind.Canceled:
                Assert.True(IsCancelled, "canceled without being asked");
                HasEnded = true;
                return;
            case WatchNoticeKind.Compacted:
                Assert.InRange(notice.CompactRevision, _nextRevision + 1, store.CompactRevision);
                HasEnded = true;
                return;
            default:
                Assert.Fail($"unexpected notice {notice.Kind}");
                return;
        }
    }

    /// <summary>All events up to a revision must have been delivered, unless the watcher has ended.</summary>
    public void CheckProgress(long revision)
    {
        if (HasEnded || IsCancelled)
        {
            return;
        }

        Assert.True(revision >= spec.StartRevision - 1, $"progress {revision} below the start {spec.StartRevision}");
        Assert.True(_nextRevision <= revision + 1, $"progress {revision} behind event {_nextRevision - 1}");
        for (; _nextRevision <= revision; _nextRevision++)
        {
            Assert.Empty(ExpectedOf(_nextRevision));
        }
    }

    /// <summary>Everything up to a revision must have been delivered; a start beyond it is no fault.</summary>
    public void CheckComplete(long lastRevision)
    {
        if (lastRevision >= spec.StartRevision)
        {
            CheckProgress(lastRevision);
        }
    }

    private void CheckEvents(WatchNotice notice)
    {
        Event[] events = [.. WatchFixture.Events(notice)];
        Assert.NotEmpty(events);
        Assert.Equal(events[^1].Kv.ModRevision, notice.Revision);
        EventsSeen += events.Length;
        _fragments.AddRange(events);
        _isInFragment = notice.IsFragment;
        if (_isInFragment)
        {
            Assert.True(spec.AllowsFragments, "a fragment nobody asked for");
            Assert.Single(events.Select(change => change.Kv.ModRevision).Distinct());
            return;
        }

        // A response, put together from its fragments, holds whole revisions.
        foreach (IGrouping<long, Event> revision in _fragments.GroupBy(change => change.Kv.ModRevision))
        {
            for (; _nextRevision < revision.Key; _nextRevision++)
            {
                Assert.Empty(ExpectedOf(_nextRevision));
            }

            Assert.Equal(_nextRevision, revision.Key);
            KeyEvent[] expected = [.. ExpectedOf(revision.Key)];
            Assert.Equal(expected.Select(Identity), revision.Select(Identity));
            Assert.All(revision, CheckPrevious);
            _nextRevision++;
        }

        _fragments.Clear();
    }

    private void CheckPrevious(Event change)
    {
        if (change.PrevKv is not null)
        {
            Assert.True(spec.WithPreviousKeyValue);
            Assert.True(store.StateAt(change.Kv.Key.ToStringUtf8(), change.Kv.ModRevision - 1)!.Equals(change.PrevKv));
        }
        else if (spec.WithPreviousKeyValue && change.Kv.ModRevision - 1 >= store.CompactRevision)
        {
            Assert.Null(store.StateAt(change.Kv.Key.ToStringUtf8(), change.Kv.ModRevision - 1));
        }
    }

    private IEnumerable<KeyEvent> ExpectedOf(long revision) => store.EventsOf(revision).Where(Matches);

    private bool Matches(KeyEvent change)
    {
        ReadOnlySpan<byte> key = change.Key.Span;
        ReadOnlySpan<byte> end = spec.RangeEnd.Span;
        bool hasKey = end.IsEmpty
            ? key.SequenceEqual(spec.Key.Span)
            : key.SequenceCompareTo(spec.Key.Span) >= 0 && ((end.Length == 1 && end[0] == 0) || key.SequenceCompareTo(end) < 0);
        return hasKey && !(change.IsDelete ? spec.WithoutDeletes : spec.WithoutPuts);
    }

    private static (string Key, long Revision, bool IsDelete, string Value) Identity(KeyEvent change)
    {
        KeyValue state = KeyValue.Parser.ParseFrom(change.EncodedKeyValue.Span);
        return (state.Key.ToStringUtf8(), state.ModRevision, change.IsDelete, state.Value.ToStringUtf8());
    }

    private static (string Key, long Revision, bool IsDelete, string Value) Identity(Event change) =>
        (change.Kv.Key.ToStringUtf8(), change.Kv.ModRevision, change.Type == Event.Types.EventType.Delete, change.Kv.Value.ToStringUtf8());
}
