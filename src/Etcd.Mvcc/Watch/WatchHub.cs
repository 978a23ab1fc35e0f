using Etcd.Protocol.Errors;

namespace Etcd.Mvcc.Watch;

/// <summary>All watchers of a member: takes what the apply thread publishes and feeds the streams.</summary>
/// <remarks>
/// <para>One lock guards where each watcher gets its events from. <see cref="Publish"/> holds it while it looks the watchers of
/// the changed keys up and queues the events, which are shared, never copied. Everything slow happens outside: encoding and
/// prev_kv in the senders, history in the catch-up pump.</para>
/// <para>A watcher is live, or behind. A live one gets what is published. One that starts in the past, or whose stream was full,
/// is behind: the pump (<see cref="RunAsync"/>) reads history for it until it is up to date. In the last round it joins the live
/// feed first, with what is published meanwhile held back, and reads up to that point then; so nothing is missed, nothing
/// comes twice, and writers never wait for a reader of history.</para>
/// </remarks>
public sealed class WatchHub : IEventSink
{
    private readonly WatchOptions _options;
    private readonly PendingBudget _budget;
    private readonly Random _jitter;
    private readonly Lock _lock = new();
    private readonly LiveFeed _feed;                                // guarded by _lock
    private readonly EventRouter _router = new(isLive: true);       // guarded by _lock
    private readonly List<Watcher> _overflowed = [];                // guarded by _lock
    private readonly HashSet<WatchStream> _streams = [];            // guarded by _lock
    private readonly List<WatchStream> _toWake = [];                // apply thread only
    private readonly CatchUpPump _pump;
    private readonly ProgressSchedule _progress;
    private volatile IWatchHistory _history;
    private bool _holdsWakeUps;                                     // apply thread only
    private int _watcherCount;                                      // written under _lock
    private long _watchersMade;                                     // guarded by _lock
    private long _eventsTotal;                                      // apply thread only

    /// <summary>Makes a hub without watchers.</summary>
    /// <param name="history">The store's past, for watchers that start there or have fallen behind.</param>
    /// <param name="time">The clock, for progress notices.</param>
    /// <param name="options">Settings.</param>
    public WatchHub(IWatchHistory history, TimeProvider time, WatchOptions options)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(options);
        _history = history;
        _options = options;
        _budget = new PendingBudget(options.TotalPendingBytesMax);
        _feed = new LiveFeed(options.CatchUpBytesMax);

        // Spreads progress notices in time; nothing secret and nothing replicated hangs on it.
#pragma warning disable CA5394 // Not a secret.
        _jitter = new Random(options.Seed);
#pragma warning restore CA5394
        _pump = new CatchUpPump(this, options);
        _progress = new ProgressSchedule(time, _pump.Signal);
    }

    /// <inheritdoc/>
    public bool IsWanted => _feed.IsWanted;

    /// <summary>Open streams.</summary>
    public int StreamCount
    {
        get
        {
            lock (_lock)
            {
                return _streams.Count;
            }
        }
    }

    /// <summary>Watchers of all streams.</summary>
    public int WatcherCount => Volatile.Read(ref _watcherCount);

    /// <summary>Watchers that are behind.</summary>
    public int SlowWatcherCount
    {
        get
        {
            lock (_lock)
            {
                return _streams.Sum(stream => stream.NotLiveCount);
            }
        }
    }

    /// <summary>Events published since the process started, whether or not anyone watched their keys.</summary>
    public long EventsTotal => Volatile.Read(ref _eventsTotal);

    /// <summary>Events that wait for senders.</summary>
    public long PendingEvents
    {
        get
        {
            lock (_lock)
            {
                return _streams.Sum(stream => (long)stream.Queue.PendingEvents);
            }
        }
    }

    internal IWatchHistory History => _history;

    /// <summary>Guards the state of all watchers; the pump takes it too.</summary>
    internal Lock Lock => _lock;

    /// <summary>Guarded by <see cref="Lock"/>.</summary>
    internal LiveFeed Feed => _feed;

    /// <summary>Opens a stream without watchers; the caller disposes it.</summary>
    public WatchStream OpenStream()
    {
        lock (_lock)
        {
#pragma warning disable CA5394 // Not a secret.
            TimeSpan interval = _options.ProgressInterval * (1 + (_jitter.NextDouble() / 10));
#pragma warning restore CA5394
            var stream = new WatchStream(this, _options, _budget, interval);
            _streams.Add(stream);
            return stream;
        }
    }

    /// <summary>Feeds watchers that are behind and sends progress notices, until cancelled. One loop for the hub, run and supervised
    /// by its owner: without it only live watchers get events.</summary>
    /// <param name="cancellationToken">Ends the loop.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="IOException">History could not be read.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using ITimer timer = _progress.StartTimer();
        while (true)
        {
            await _pump.WaitAsync(cancellationToken).ConfigureAwait(false);
            while (RunRound())
            {
                // A long history must not keep a pool thread for itself.
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>In place of <see cref="RunAsync"/>, for an owner that calls <see cref="RunRound"/> itself.</summary>
    /// <param name="roundWanted">Told, on any thread and under locks, that a round has something to do.</param>
    /// <returns>The timer of progress notices; the caller disposes it.</returns>
    internal ITimer BeginSteps(Action roundWanted)
    {
        _pump.Signalled = roundWanted;
        return _progress.StartTimer();
    }

    /// <summary>One step of <see cref="RunAsync"/>: a catch-up round, and the progress notices that are due.</summary>
    /// <returns><see langword="false"/> when there is nothing more to do until something happens.</returns>
    internal bool RunRound()
    {
        bool hasServed = _pump.RunRound();
        lock (_lock)
        {
            _progress.Report(_feed.PublishedRevision);
        }

        return hasServed;
    }

    /// <inheritdoc/>
    public void Publish(long revision, IReadOnlyList<KeyEvent> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        Volatile.Write(ref _eventsTotal, _eventsTotal + events.Count);
        lock (_lock)
        {
            _feed.Route(revision, events, _router);
            IReadOnlyList<WatchStream> streams = _router.Streams;
            for (int i = 0; i < streams.Count; i++)
            {
                WatchStream stream = streams[i];
                if (stream.Queue.AppendLive(_router, _router.FirstWatcherOf(stream)!, _overflowed) && !stream.IsWakeUpHeld)
                {
                    stream.IsWakeUpHeld = true;
                    _toWake.Add(stream);
                }
            }

            _router.Clear();
            foreach (Watcher watcher in _overflowed)
            {
                _feed.Remove(watcher);
                watcher.NextRevision = revision;
                FallBehind(watcher);
            }

            _overflowed.Clear();
            _feed.StopIfUnused();
        }

        if (!_holdsWakeUps)
        {
            WakeSenders();
        }
    }

    /// <summary>Lets what is published gather without waking senders, until <see cref="ReleaseWakeUps"/>. Apply thread.</summary>
    /// <remarks>With the two around a pass of apply, a sender is woken once for all of it and finds all of it.</remarks>
    public void HoldWakeUps() => _holdsWakeUps = true;

    /// <summary>Wakes the senders that have got something since <see cref="HoldWakeUps"/>. Apply thread.</summary>
    public void ReleaseWakeUps()
    {
        _holdsWakeUps = false;
        WakeSenders();
    }

    /// <summary>Goes on with a store that an installed snapshot has replaced. Apply thread, before it publishes again.</summary>
    /// <param name="history">The new store's past.</param>
    /// <remarks>Each watcher goes on behind the last revision it was given, never below it (etcd #15271); what the snapshot
    /// skipped comes from its history. Waits for the catch-up round that is running, so the old store can be closed afterwards,
    /// as far as <see cref="IKeyHistory.TryGetAt"/> answers false on a closed store.</remarks>
    public void Restore(IWatchHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        _pump.RunBetweenRounds(() =>
        {
            lock (_lock)
            {
                long next = _feed.PublishedRevision + 1;
                foreach (Watcher watcher in _streams.SelectMany(stream => stream.Watchers.Values))
                {
                    if (watcher.State == WatcherState.Live)
                    {
                        _feed.Remove(watcher);
                        watcher.NextRevision = Math.Max(next, watcher.LiveFrom);
                        FallBehind(watcher);
                    }
                }

                _history = history;
                _feed.Restart(history.CurrentRevision);
            }
        });
        _pump.Signal();
    }

    internal long Create(WatchStream stream, WatchSpec spec)
    {
        bool hasRange = KeyInterval.TryRead(spec.Key.Span, spec.RangeEnd.Span, out KeyInterval keys);
        lock (_lock)
        {
            if (stream.IsDisposed)
            {
                return WatchNotice.NoWatchId;
            }

            long current = _feed.Listen(_history);
            EtcdErrorCode? refusal =
                spec.StartRevision < 0 ? EtcdErrorCode.Compacted
                : !hasRange ? EtcdErrorCode.EmptyWatcherRange
                : spec.WatchId != 0 && stream.Watchers.ContainsKey(spec.WatchId) ? EtcdErrorCode.DuplicateWatchId
                : null;
            if (refusal is { } code)
            {
                _feed.StopIfUnused();
                Refuse(stream, ErrorCatalogue.Describe(code).Text, current);
                return WatchNotice.NoWatchId;
            }

            var watcher = new Watcher(stream, spec.WatchId != 0 ? spec.WatchId : FreeWatchId(stream), ++_watchersMade, keys, spec);
            stream.Watchers.Add(watcher.Id, watcher);
            stream.NotLiveCount++;
            _watcherCount++;
            stream.Queue.AddCreated(watcher, current);
            Start(watcher, spec.StartRevision == 0 ? current + 1 : spec.StartRevision);
            if (watcher.WantsProgressNotices)
            {
                _progress.Add(stream);
            }

            return watcher.Id;
        }
    }

    internal void Refuse(WatchStream stream, string reason)
    {
        lock (_lock)
        {
            if (!stream.IsDisposed)
            {
                Refuse(stream, reason, _history.CurrentRevision);
            }
        }
    }

    internal bool Cancel(WatchStream stream, long watchId, string? reason)
    {
        lock (_lock)
        {
            if (!stream.Watchers.TryGetValue(watchId, out Watcher? watcher))
            {
                return false;
            }

            var notice = new WatchNotice
            {
                Kind = WatchNoticeKind.Canceled,
                WatchId = watchId,
                Revision = _history.CurrentRevision,
                Reason = reason,
            };
            EndWatcher(watcher, notice, dropPending: true);
            _feed.StopIfUnused();
            AnswerProgress(stream);
            return true;
        }
    }

    internal void RequestProgress(WatchStream stream)
    {
        lock (_lock)
        {
            stream.IsProgressWanted = true;
            AnswerProgress(stream);
        }
    }

    internal void AfterTake(WatchStream stream, AfterTake after)
    {
        if (after == Watch.AfterTake.RoomAgain)
        {
            _pump.Unpark(stream);
            return;
        }

        lock (_lock)
        {
            AnswerProgress(stream);
        }
    }

    internal void Close(WatchStream stream)
    {
        lock (_lock)
        {
            if (stream.IsDisposed)
            {
                return;
            }

            stream.IsDisposed = true;
            stream.Parked.Clear();
            foreach (Watcher watcher in stream.Watchers.Values)
            {
                Detach(watcher);
                SetState(watcher, WatcherState.Ended);
            }

            _watcherCount -= stream.Watchers.Count;
            stream.Watchers.Clear();
            _streams.Remove(stream);
            _feed.StopIfUnused();
        }

        stream.Queue.Close();
    }

    /// <summary>Changes the state of a watcher. Under the lock.</summary>
    internal static void SetState(Watcher watcher, WatcherState state)
    {
        bool wasCounted = watcher.State is not (WatcherState.Live or WatcherState.Ended);
        bool isCounted = state is not (WatcherState.Live or WatcherState.Ended);
        watcher.Stream.NotLiveCount += (isCounted ? 1 : 0) - (wasCounted ? 1 : 0);
        watcher.State = state;
    }

    /// <summary>Makes a watcher live that needs nothing from history, else queues it for the pump. Under the lock, while listening.</summary>
    internal void Start(Watcher watcher, long nextRevision)
    {
        if (nextRevision > _feed.PublishedRevision)
        {
            watcher.LiveFrom = nextRevision;
            _feed.Add(watcher);
            SetState(watcher, WatcherState.Live);
        }
        else
        {
            watcher.NextRevision = nextRevision;
            _pump.AddBehind(watcher);
        }

        _feed.StopIfUnused();
    }

    /// <summary>Queues a watcher for the pump, or parks it while its stream is full. Under the lock; it is in no index.</summary>
    internal void FallBehind(Watcher watcher)
    {
        if (watcher.Stream.Queue.TryPark())
        {
            SetState(watcher, WatcherState.Parked);
            watcher.Stream.Parked.Add(watcher);
        }
        else
        {
            _pump.AddBehind(watcher);
        }
    }

    /// <summary>Ends a watcher; its last notice is queued. Under the lock.</summary>
    internal void EndWatcher(Watcher watcher, WatchNotice notice, bool dropPending)
    {
        Detach(watcher);
        SetState(watcher, WatcherState.Ended);
        watcher.Stream.Watchers.Remove(watcher.Id);
        _watcherCount--;
        watcher.Stream.Queue.AddEnd(watcher, notice, dropPending);
    }

    /// <summary>Answers a request for progress, if there is one and it can be answered now. Under the lock.</summary>
    internal void AnswerProgress(WatchStream stream)
    {
        if (!stream.IsProgressWanted || stream.NotLiveCount > 0)
        {
            return;
        }

        // Everything published is queued for all watchers of the stream, for they all are live. One that starts further in the
        // future must not hear of a revision below its start: its client would resume there (etcd #20221). etcd drops the request.
        long revision = _feed.PublishedRevision;
        bool isAnswered = stream.Watchers.Count == 0
            || stream.Watchers.Values.Any(watcher => watcher.LiveFrom > revision + 1)
            || stream.Queue.TryAddProgressMark(revision);
        stream.IsProgressWanted = !isAnswered;
    }

    private static void Refuse(WatchStream stream, string reason, long revision) => stream.Queue.Add(new WatchNotice
    {
        Kind = WatchNoticeKind.Refused,
        WatchId = WatchNotice.NoWatchId,
        Revision = revision,
        Reason = reason,
    });

    private static long FreeWatchId(WatchStream stream)
    {
        while (stream.Watchers.ContainsKey(stream.NextWatchId))
        {
            stream.NextWatchId++;
        }

        return stream.NextWatchId++;
    }

    private void WakeSenders()
    {
        foreach (WatchStream stream in _toWake)
        {
            stream.IsWakeUpHeld = false;
            stream.Queue.Wake();
        }

        _toWake.Clear();
    }

    /// <summary>Takes a watcher out of wherever its events come from.</summary>
    private void Detach(Watcher watcher)
    {
        switch (watcher.State)
        {
            case WatcherState.Live or WatcherState.Joining:
                _feed.Remove(watcher);
                watcher.Held = null;
                break;
            case WatcherState.Behind:
                _pump.RemoveBehind(watcher);
                break;
            case WatcherState.Parked:
                watcher.Stream.Parked.Remove(watcher);
                break;
        }
    }
}
