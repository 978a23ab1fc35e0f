using System.Diagnostics.CodeAnalysis;

namespace Etcd.Mvcc.Watch;

/// <summary>What waits for one stream's sender: watchers with something to say, in the order in which they began to wait.</summary>
/// <remarks>
/// <para>A watcher stands in the queue once, however much waits for it; the sender takes all of it, so under load the
/// revisions of a watcher share a response.</para>
/// <para>Everything here is guarded by one gate, which is taken inside the hub's lock or alone, and held for a few steps only.</para>
/// <para>A progress mark in the queue splits time: what waits before it up to its revision is sent first, what came later
/// is sent after it. So progress is neither ahead of an event nor behind one that a watcher has seen.</para>
/// </remarks>
internal sealed class StreamQueue(WatchOptions options, PendingBudget budget)
{
    private readonly Lock _gate = new();
    private readonly Queue<object> _items = new();     // Watcher or QueuedNotice
    private Watcher? _first;                           // goes before _items: the rest of a watcher that keeps its place
    private readonly SenderWait _wait = new();
    private long _pendingBytes;
    private int _pendingEvents;
    private long _allowedBytes = options.StreamPendingBytesFree;
    private long _markRevision;             // of the progress mark in the queue; 0 = none. There is one at most.
    private int _pendingAnswers;            // created, refused and last notices that wait
    private TaskCompletionSource? _answersTaken; // while the reader of requests waits
    private bool _hasParked;
    private bool _isClosed;
    private CancellationToken _waitToken;
    private CancellationTokenRegistration _waitRegistration;

    /// <summary>Events that wait.</summary>
    public int PendingEvents => Volatile.Read(ref _pendingEvents);

    /// <summary>Answers to requests, and last notices of watchers, that wait.</summary>
    public int PendingAnswers => Volatile.Read(ref _pendingAnswers);

    /// <summary>Queues what was held for a watcher while it was joining, as far as there is room.</summary>
    /// <param name="watcher">The watcher.</param>
    /// <param name="held">The events.</param>
    /// <param name="refusedRevision">First revision there was no room for; 0 when all were queued.</param>
    public void AppendHeld(Watcher watcher, EventBuffer held, out long refusedRevision)
    {
        refusedRevision = 0;
        lock (_gate)
        {
            for (int i = 0; i < held.Count && refusedRevision == 0; i++)
            {
                if (!TryAppend(watcher, held[i]))
                {
                    refusedRevision = held[i].Revision.Main;
                }
            }

            WakeInGate();
        }
    }

    /// <summary>Queues what the live router found for the watchers of this stream.</summary>
    /// <param name="router">The router.</param>
    /// <param name="first">First watcher of this stream with matches.</param>
    /// <param name="overflowed">Receives the watchers that are to leave the live feed.</param>
    /// <returns>Whether the sender waits, so that the caller must call <see cref="Wake"/>.</returns>
    public bool AppendLive(EventRouter router, Watcher first, List<Watcher> overflowed)
    {
        lock (_gate)
        {
            for (Watcher? watcher = first; watcher is not null; watcher = router.NextWatcher(watcher))
            {
                int match = router.FirstMatchOf(watcher);
                while (match != 0)
                {
                    if (!TryAppend(watcher, router.EventOf(match, out match)))
                    {
                        overflowed.Add(watcher);
                        break;
                    }
                }
            }

            return _wait.IsWaiting && HasItems;
        }
    }

    /// <summary>Queues the events that history holds for a watcher, as far as there is room.</summary>
    /// <param name="router">The router.</param>
    /// <param name="watcher">The watcher.</param>
    /// <param name="refusedRevision">First revision there was no room for; 0 when all were queued.</param>
    public void AppendHistory(EventRouter router, Watcher watcher, out long refusedRevision)
    {
        refusedRevision = 0;
        lock (_gate)
        {
            int match = router.FirstMatchOf(watcher);
            while (match != 0)
            {
                KeyEvent change = router.EventOf(match, out match);
                if (!TryAppend(watcher, change))
                {
                    refusedRevision = change.Revision.Main;
                    break;
                }
            }

            WakeInGate();
        }
    }

    /// <summary>Queues the created notice of a watcher.</summary>
    public void AddCreated(Watcher watcher, long revision)
    {
        lock (_gate)
        {
            watcher.CreatedRevision = revision;
            _pendingAnswers++;
            Enqueue(watcher);
            WakeInGate();
        }
    }

    /// <summary>Queues a notice that belongs to no watcher.</summary>
    public void Add(WatchNotice notice)
    {
        lock (_gate)
        {
            _items.Enqueue(new QueuedNotice(notice));
            _pendingAnswers++;
            WakeInGate();
        }
    }

    /// <summary>Queues the last notice of a watcher.</summary>
    /// <param name="watcher">The watcher; nothing more is queued for it.</param>
    /// <param name="end">The notice.</param>
    /// <param name="dropPending">Whether events that wait are dropped, or sent before the notice.</param>
    public void AddEnd(Watcher watcher, WatchNotice end, bool dropPending)
    {
        lock (_gate)
        {
            if (dropPending)
            {
                Forget(watcher);
            }

            watcher.End = new QueuedNotice(end);
            _pendingAnswers++;
            Enqueue(watcher);
            WakeInGate();
        }
    }

    /// <summary>Queues a progress notice for one watcher, unless events were sent to it since the last time this was called.</summary>
    public void AddProgressIfIdle(Watcher watcher, long revision)
    {
        lock (_gate)
        {
            if (watcher.IsIdle && watcher.Pending.Count == 0 && watcher.End is null)
            {
                watcher.ProgressRevision = revision;
                Enqueue(watcher);
                WakeInGate();
            }

            watcher.IsIdle = true;
        }
    }

    /// <summary>Queues a progress mark for the whole stream.</summary>
    /// <param name="revision">Every event up to it is queued or sent already.</param>
    /// <returns><see langword="false"/> when an older mark is still in the queue.</returns>
    public bool TryAddProgressMark(long revision)
    {
        lock (_gate)
        {
            if (_markRevision != 0)
            {
                return false;
            }

            _markRevision = revision;
            var notice = new WatchNotice { Kind = WatchNoticeKind.Progress, WatchId = WatchNotice.NoWatchId, Revision = revision };
            _items.Enqueue(new QueuedNotice(notice));
            WakeInGate();
        }
        return true;
    }

    /// <summary>Arranges that <see cref="TryTake"/> tells when there is room again.</summary>
    /// <returns><see langword="false"/> when there is room already.</returns>
    public bool TryPark()
    {
        lock (_gate)
        {
            if (HasRoomAgain || _isClosed)
            {
                return false;
            }

            _hasParked = true;
            return true;
        }
    }

    /// <summary>Takes the next thing to say.</summary>
    /// <param name="cutter">Receives events, if that is what comes next; empty before.</param>
    /// <param name="notice">Any other notice.</param>
    /// <param name="after">What the taker must do afterwards, outside the gate.</param>
    /// <returns><see langword="false"/> when nothing waits.</returns>
    public bool TryTake(NoticeCutter cutter, out WatchNotice notice, out AfterTake after)
    {
        after = AfterTake.Nothing;
        notice = default;
        lock (_gate)
        {
            if (_pendingBytes == 0)
            {
                // Only now: until here what was taken last was in memory still, with a sender that may have waited for its client for long.
                ReleaseReserve();
            }

            while (TryDequeue(out object? item))
            {
                if (item is Watcher watcher)
                {
                    watcher.IsQueued = false;
                    if (TryTakeFrom(watcher, cutter, out notice))
                    {
                        after = NoteRoom();
                        return true;
                    }

                    continue;
                }

                notice = ((QueuedNotice)item).Notice;
                if (notice.Kind == WatchNoticeKind.Progress)
                {
                    _markRevision = 0;
                    after = AfterTake.MarkWasTaken;
                }
                else
                {
                    AnswerTaken();
                }

                return true;
            }

            return false;
        }
    }

    /// <summary>See <see cref="WatchStream.WaitAsync"/>.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken != _waitToken)
        {
            // One registration serves all waits of the stream. Outside the gate: the callback takes it.
            _waitRegistration.Dispose();
            _waitToken = cancellationToken;
            _waitRegistration = cancellationToken.UnsafeRegister(static queue => ((StreamQueue)queue!).CancelWait(), this);
        }

        lock (_gate)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                return ValueTask.FromCanceled<bool>(cancellationToken);
            }

            return _isClosed ? ValueTask.FromResult(false)
                : HasItems ? ValueTask.FromResult(true)
                : _wait.Begin();
        }
    }

    /// <summary>See <see cref="WatchStream.WaitForRoomAsync"/>.</summary>
    public ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        // Without the gate in the common case: the number grows with the caller's own requests, and a last notice more does no harm.
        if (PendingAnswers < options.StreamAnswersMax)
        {
            return default;
        }

        lock (_gate)
        {
            if (_isClosed || _pendingAnswers < options.StreamAnswersMax)
            {
                return default;
            }

            _answersTaken ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(_answersTaken.Task.WaitAsync(cancellationToken));
        }
    }

    /// <summary>Wakes the sender if it waits and something waits for it.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            WakeInGate();
        }
    }

    /// <summary>Ends the stream; its waiting sender is told.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            while (TryDequeue(out object? item))
            {
                if (item is Watcher watcher)
                {
                    Forget(watcher);
                }
            }

            ReleaseReserve();
            _pendingAnswers = 0;
            LetRequestsGoOn();
            _wait.TryComplete(isOpen: false);
        }

        _waitRegistration.Dispose();
    }

    private bool HasItems => _first is not null || _items.Count > 0;

    private bool HasRoomAgain => _pendingBytes <= _allowedBytes / 2;

    /// <summary>Queues one event of a watcher. In the gate.</summary>
    /// <returns><see langword="false"/> when the queue is full and the event begins a revision; the watcher must then come back
    /// for that revision. Of a revision that was begun every event is taken: it is never split.</returns>
    private bool TryAppend(Watcher watcher, KeyEvent change)
    {
        if (watcher.End is not null || _isClosed)
        {
            // Cancelled in between: the event has nowhere to go and is not missed.
            return true;
        }

        if (change.Revision.Main != watcher.LastQueuedRevision && !HasRoom())
        {
            return false;
        }

        int bytes = EventBuffer.SizeOf(change);
        watcher.LastQueuedRevision = change.Revision.Main;
        watcher.Pending.Add(change);
        _pendingBytes += bytes;
        _pendingEvents++;
        Enqueue(watcher);
        return true;
    }

    private bool HasRoom()
    {
        while (_pendingBytes >= _allowedBytes)
        {
            if (_allowedBytes >= options.StreamPendingBytesMax || !budget.TryReserveStep())
            {
                return false;
            }

            _allowedBytes += PendingBudget.StepBytes;
        }

        return true;
    }

    private bool TryTakeFrom(Watcher watcher, NoticeCutter cutter, out WatchNotice notice)
    {
        notice = default;
        if (watcher.CreatedRevision >= 0)
        {
            notice = new WatchNotice { Kind = WatchNoticeKind.Created, WatchId = watcher.Id, Revision = watcher.CreatedRevision };
            watcher.CreatedRevision = -1;
            AnswerTaken();

            // Its events keep their place: a progress mark behind it speaks for them.
            EnqueueRest(watcher, keepsPlace: true);
            return true;
        }
        else if (watcher.Pending.Count > 0)
        {
            // An ended watcher is told all that is left, its end included, before the mark: the progress says nothing of it.
            long upTo = _markRevision == 0 || watcher.End is not null ? long.MaxValue : _markRevision;
            if (watcher.Pending[0].Revision.Main > upTo)
            {
                Enqueue(watcher);
                return false;
            }

            TakeEvents(watcher, cutter, upTo);
        }
        else if (watcher.End is { } end)
        {
            notice = end.Notice;
            AnswerTaken();
            return true;
        }
        else if (watcher.ProgressRevision != 0)
        {
            notice = new WatchNotice { Kind = WatchNoticeKind.Progress, WatchId = watcher.Id, Revision = watcher.ProgressRevision };
            watcher.ProgressRevision = 0;
        }
        else
        {
            return false;
        }

        // The last notice of an ended watcher keeps its place too: its id is free again, and the notice must come before the
        // first one of a new watcher of that id.
        EnqueueRest(watcher, keepsPlace: watcher.End is not null);
        return true;
    }

    private void TakeEvents(Watcher watcher, NoticeCutter cutter, long upToRevision)
    {
        int before = watcher.Pending.Count;
        _pendingBytes -= cutter.Load(watcher, upToRevision);
        _pendingEvents -= before - watcher.Pending.Count;
        watcher.IsIdle = false;

        // The events say more than the progress that was due before they came.
        watcher.ProgressRevision = 0;
    }

    private void AnswerTaken()
    {
        _pendingAnswers--;

        // At half of the bound: a reader that is woken for each answer would cost a thread's wake-up for each request.
        if (_pendingAnswers <= options.StreamAnswersMax / 2)
        {
            LetRequestsGoOn();
        }
    }

    private void LetRequestsGoOn()
    {
        _answersTaken?.SetResult();
        _answersTaken = null;
    }

    private AfterTake NoteRoom()
    {
        AfterTake after = AfterTake.Nothing;
        if (_hasParked && HasRoomAgain)
        {
            _hasParked = false;
            after = AfterTake.RoomAgain;
        }

        return after;
    }

    private void ReleaseReserve()
    {
        long reserved = _allowedBytes - options.StreamPendingBytesFree;
        if (reserved > 0)
        {
            budget.Release(reserved);
            _allowedBytes = options.StreamPendingBytesFree;
        }
    }

    private void Forget(Watcher watcher)
    {
        _pendingBytes -= watcher.Pending.Bytes;
        _pendingEvents -= watcher.Pending.Count;
        watcher.Pending.Clear();
        watcher.ProgressRevision = 0;
    }

    private void Enqueue(Watcher watcher)
    {
        if (!watcher.IsQueued)
        {
            watcher.IsQueued = true;
            _items.Enqueue(watcher);
        }
    }

    private void EnqueueRest(Watcher watcher, bool keepsPlace)
    {
        if (watcher.Pending.Count == 0 && watcher.End is null && watcher.ProgressRevision == 0)
        {
            return;
        }

        if (keepsPlace)
        {
            watcher.IsQueued = true;
            _first = watcher;
        }
        else
        {
            Enqueue(watcher);
        }
    }

    private bool TryDequeue([NotNullWhen(true)] out object? item)
    {
        item = _first;
        _first = null;
        return item is not null || _items.TryDequeue(out item);
    }

    private void WakeInGate()
    {
        if (HasItems)
        {
            _wait.TryComplete(isOpen: true);
        }
    }

    private void CancelWait()
    {
        lock (_gate)
        {
            _wait.TryCancel(_waitToken);
        }
    }
}
