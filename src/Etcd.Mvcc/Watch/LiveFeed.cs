namespace Etcd.Mvcc.Watch;

/// <summary>The watchers that take events as they are published, and the newest published revision. Guarded by the hub's lock.</summary>
internal sealed class LiveFeed(int heldBytesMax)
{
    private readonly WatcherIndex _index = new();
    private readonly List<WatcherSet> _matched = [];
    private volatile bool _isWanted;

    /// <summary>Whether the store makes events. Read by the apply thread without the lock.</summary>
    public bool IsWanted => _isWanted;

    /// <summary>While wanted: every revision above it will be published. It may lag behind what reads can see.</summary>
    public long PublishedRevision { get; private set; }

    /// <summary>Makes sure that every revision above <see cref="PublishedRevision"/> will be published.</summary>
    /// <returns>Newest revision that reads can see.</returns>
    public long Listen(IWatchHistory history)
    {
        if (!_isWanted)
        {
            // The store makes a revision readable, then looks whether events are wanted. Here it is the other way round, with a full
            // fence on both sides: either it sees the wish, or the revision is seen here.
            _isWanted = true;
            Interlocked.MemoryBarrier();
            PublishedRevision = Math.Max(PublishedRevision, history.CurrentRevision);
        }

        return Math.Max(PublishedRevision, history.CurrentRevision);
    }

    /// <summary>Stops listening when nobody takes events.</summary>
    public void StopIfUnused() => _isWanted = !_index.IsEmpty;

    /// <summary>Begins to route to a watcher what is published from <see cref="Watcher.LiveFrom"/> on.</summary>
    public void Add(Watcher watcher) => (watcher.Set, watcher.PositionInSet) = _index.Add(watcher);

    /// <summary>Ends what <see cref="Add"/> began.</summary>
    public void Remove(Watcher watcher)
    {
        if (_index.Remove(watcher.Set!, watcher.PositionInSet) is { } moved)
        {
            moved.PositionInSet = watcher.PositionInSet;
        }

        watcher.Set = null;
    }

    /// <summary>Notes a publication and routes it.</summary>
    /// <param name="revision">Main revision of the events.</param>
    /// <param name="events">Its events, in order.</param>
    /// <param name="router">Receives the matches of live watchers; those that are joining get theirs held.</param>
    public void Route(long revision, IReadOnlyList<KeyEvent> events, EventRouter router)
    {
        PublishedRevision = Math.Max(PublishedRevision, revision);
        if (_index.IsEmpty)
        {
            return;
        }

        for (int i = 0; i < events.Count; i++)
        {
            KeyEvent change = events[i];
            _matched.Clear();
            _index.Collect(change.Key.Span, _matched);
            foreach (WatcherSet set in _matched)
            {
                foreach (Watcher watcher in set.Watchers)
                {
                    if (watcher.LiveFrom <= revision && watcher.Wants(change))
                    {
                        Hand(watcher, change, router);
                    }
                }
            }
        }
    }

    /// <summary>Starts from a store that a snapshot has replaced. Nobody is live.</summary>
    public void Restart(long currentRevision)
    {
        _isWanted = false;
        PublishedRevision = currentRevision;
    }

    private void Hand(Watcher watcher, KeyEvent change, EventRouter router)
    {
        if (watcher.State == WatcherState.Live)
        {
            router.Add(watcher, change);
        }
        else if (watcher.Held!.Bytes >= heldBytesMax)
        {
            watcher.HeldOverflowed = true;
        }
        else
        {
            watcher.Held.Add(change);
        }
    }
}
