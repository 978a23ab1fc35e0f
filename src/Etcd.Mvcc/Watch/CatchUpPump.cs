using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Etcd.Mvcc.Watch;

/// <summary>Feeds watchers that are behind from history, in rounds of bounded size.</summary>
/// <remarks>
/// A round serves those that are furthest behind and lie close together, so that many watchers share one read. Rounds come one
/// after another, never two at a time; only the start and the end of one take the hub's lock.
/// </remarks>
internal sealed class CatchUpPump(WatchHub hub, WatchOptions options)
{
    private readonly Lock _rounds = new();                              // held during a round; taken before the hub's lock
    private readonly SortedSet<Watcher> _behind = new(Watcher.ByNextRevision);  // guarded by the hub's lock
    private readonly ConcurrentQueue<WatchStream> _withRoom = new();
    private readonly Channel<bool> _work = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    // The round that is running.
    private readonly List<Watcher> _served = [];
    private readonly WatcherIndex _wanted = new();
    private readonly EventRouter _router = new(isLive: false);
    private readonly List<KeyEvent> _events = [];
    private readonly List<WatcherSet> _matched = [];

    /// <summary>Told of each <see cref="Signal"/>, on its thread, when the owner steps the pump itself.</summary>
    public Action? Signalled { get; set; }

    /// <summary>Tells that there may be something to do. Any thread.</summary>
    public void Signal()
    {
        _work.Writer.TryWrite(true);
        Signalled?.Invoke();
    }

    /// <summary>Waits for <see cref="Signal"/>.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _work.Reader.ReadAsync(cancellationToken);

    /// <summary>Queues a watcher. Under the hub's lock.</summary>
    public void AddBehind(Watcher watcher)
    {
        WatchHub.SetState(watcher, WatcherState.Behind);
        _behind.Add(watcher);
        Signal();
    }

    /// <summary>Takes a watcher out of the queue. Under the hub's lock.</summary>
    public void RemoveBehind(Watcher watcher) => _behind.Remove(watcher);

    /// <summary>Tells that the parked watchers of a stream can go on. Any thread, without a lock.</summary>
    public void Unpark(WatchStream stream)
    {
        _withRoom.Enqueue(stream);
        Signal();
    }

    /// <summary>Runs an action while no round is running.</summary>
    public void RunBetweenRounds(Action action)
    {
        lock (_rounds)
        {
            action();
        }
    }

    /// <summary>Runs one round.</summary>
    /// <returns><see langword="false"/> when there was nobody to serve.</returns>
    public bool RunRound()
    {
        lock (_rounds)
        {
            IWatchHistory history = hub.History;
            long from;
            long to;
            lock (hub.Lock)
            {
                UnparkAll();
                EndCompacted(history.CompactRevision);
                if (_behind.Count == 0)
                {
                    return false;
                }

                Begin(history, out from, out to);
            }

            if (_served.Count > 0)
            {
                bool isRead = history.TryReadEvents(from, to, _wanted.Contains, options.CatchUpBytesMax, _events, out long last);
                if (isRead)
                {
                    Distribute(last);
                }

                lock (hub.Lock)
                {
                    foreach (Watcher watcher in _served)
                    {
                        Settle(watcher, to);
                    }

                    hub.Feed.StopIfUnused();
                }
            }

            _served.Clear();
            _wanted.Clear();
            _events.Clear();
            return true;
        }
    }

    private void UnparkAll()
    {
        while (_withRoom.TryDequeue(out WatchStream? stream))
        {
            foreach (Watcher watcher in stream.Parked)
            {
                AddBehind(watcher);
            }

            stream.Parked.Clear();
        }
    }

    /// <summary>Ends the watchers whose next revision is compacted. What already waits for them is still sent.</summary>
    private void EndCompacted(long compactRevision)
    {
        while (_behind.Min is { } watcher && watcher.NextRevision < compactRevision)
        {
            var notice = new WatchNotice
            {
                Kind = WatchNoticeKind.Compacted,
                WatchId = watcher.Id,
                CompactRevision = compactRevision,
            };
            hub.EndWatcher(watcher, notice, dropPending: false);
            hub.AnswerProgress(watcher.Stream);
        }
    }

    /// <summary>Chooses whom the round serves and what it reads. Those that need nothing from history go live at once.</summary>
    /// <remarks>The furthest behind are always among those served: even a read that ends early moves them on.</remarks>
    private void Begin(IWatchHistory history, out long from, out long to)
    {
        hub.Feed.Listen(history);
        long published = hub.Feed.PublishedRevision;
        from = _behind.Min!.NextRevision;
        to = Math.Min(published, from + options.CatchUpRevisionsMax - 1);
        bool isLastRound = to == published;
        while (_served.Count < options.CatchUpWatchersMax && _behind.Min is { } watcher && watcher.NextRevision <= to)
        {
            _behind.Remove(watcher);
            Serve(watcher, to, isLastRound);
        }

        while (_behind.Max is { } watcher && watcher.NextRevision > published)
        {
            _behind.Remove(watcher);
            hub.Start(watcher, watcher.NextRevision);
            hub.AnswerProgress(watcher.Stream);
        }

        hub.Feed.StopIfUnused();
    }

    private void Serve(Watcher watcher, long to, bool isLastRound)
    {
        _served.Add(watcher);
        _wanted.Add(watcher);
        if (!isLastRound)
        {
            WatchHub.SetState(watcher, WatcherState.CatchingUp);
            return;
        }

        watcher.Held = new EventBuffer();
        watcher.HeldOverflowed = false;
        watcher.LiveFrom = to + 1;
        hub.Feed.Add(watcher);
        WatchHub.SetState(watcher, WatcherState.Joining);
    }

    /// <summary>Queues the events that were read, and moves each watcher on as far as its stream had room.</summary>
    private void Distribute(long last)
    {
        foreach (KeyEvent change in _events)
        {
            _matched.Clear();
            _wanted.Collect(change.Key.Span, _matched);
            foreach (WatcherSet set in _matched)
            {
                foreach (Watcher watcher in set.Watchers)
                {
                    if (watcher.NextRevision <= change.Revision.Main && watcher.Wants(change))
                    {
                        _router.Add(watcher, change);
                    }
                }
            }
        }

        foreach (Watcher watcher in _served)
        {
            watcher.Stream.Queue.AppendHistory(_router, watcher, out long refused);
            watcher.NextRevision = refused != 0 ? refused : Math.Max(watcher.NextRevision, last + 1);
        }

        _router.Clear();
    }

    /// <summary>Decides, at the end of a round, where a watcher gets its next events from.</summary>
    private void Settle(Watcher watcher, long to)
    {
        if (watcher.State == WatcherState.Joining)
        {
            EventBuffer held = watcher.Held!;
            watcher.Held = null;
            bool isHeldWhole = watcher.NextRevision > to && !watcher.HeldOverflowed;
            long refused = 0;
            if (isHeldWhole)
            {
                watcher.Stream.Queue.AppendHeld(watcher, held, out refused);
                watcher.NextRevision = refused != 0 ? refused : watcher.NextRevision;
            }

            if (isHeldWhole && refused == 0)
            {
                WatchHub.SetState(watcher, WatcherState.Live);
                hub.AnswerProgress(watcher.Stream);
                return;
            }

            hub.Feed.Remove(watcher);
        }

        if (watcher.State != WatcherState.Ended)
        {
            hub.FallBehind(watcher);
        }
    }
}
