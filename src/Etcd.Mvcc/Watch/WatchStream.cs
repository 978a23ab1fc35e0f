namespace Etcd.Mvcc.Watch;

/// <summary>The watchers of one client stream and the notices for it.</summary>
/// <remarks>
/// <para>Requests (<see cref="Create"/>, <see cref="Cancel"/>, <see cref="RequestProgress"/>, <see cref="Refuse"/>) may come from
/// any thread; they take the hub's lock for a moment. Every answer to them, refusals included, comes out as a notice, so the
/// stream has one writer. That writer, the sender, is one loop:</para>
/// <code>
/// while (await stream.WaitAsync(cancellationToken))
/// {
///     while (stream.TryTake(out WatchNotice notice))
///     {
///         WatchResponseWriter.Write(buffer, clusterId, memberId, raftTerm, notice);
///         // hand the message to the transport; let it flush when the inner loop ends or its buffer is full
///     }
/// }
/// </code>
/// <para>Answers are few as long as whoever brings the requests awaits <see cref="WaitForRoomAsync"/> before each.</para>
/// <para>A sender that is slow, because its client is, holds nobody back: when too much waits for the stream, its
/// watchers leave the live feed and later catch up from history in bounded chunks. They miss and repeat nothing.</para>
/// <para>Per watcher: the created notice comes first; then whole revisions in order, none twice, none missing; a revision is
/// split only into fragments, for a watcher that asked for them. Nothing follows the canceled or compacted notice.</para>
/// </remarks>
public sealed class WatchStream : IDisposable
{
    private readonly WatchHub _hub;
    private readonly NoticeCutter _cutter;

    internal WatchStream(WatchHub hub, WatchOptions options, PendingBudget budget, TimeSpan progressInterval)
    {
        _hub = hub;
        _cutter = new NoticeCutter(options.ResponseBytesMax);
        Queue = new StreamQueue(options, budget);
        ProgressInterval = progressInterval;
    }

    internal StreamQueue Queue { get; }

    internal TimeSpan ProgressInterval { get; }

    // ---- Guarded by the hub's lock.

    internal Dictionary<long, Watcher> Watchers { get; } = [];

    internal List<Watcher> Parked { get; } = [];

    /// <summary>Watchers that are not live; progress of the stream waits for them.</summary>
    internal int NotLiveCount { get; set; }

    internal long NextWatchId { get; set; }

    /// <summary>Whether a request for progress is to be answered.</summary>
    internal bool IsProgressWanted { get; set; }

    internal bool IsProgressScheduled { get; set; }

    internal bool IsDisposed { get; set; }

    internal RouteLane LiveLane;

    /// <summary>The apply thread's own.</summary>
    internal bool IsWakeUpHeld { get; set; }

    /// <summary>The pump's own.</summary>
    internal RouteLane CatchUpLane;

    /// <summary>Creates a watcher. Its created notice is queued, or a refusal with etcd's text.</summary>
    /// <param name="spec">What it wants to see.</param>
    /// <returns>Id of the watcher, or <see cref="WatchNotice.NoWatchId"/> when it was refused: the range is empty, the id is taken,
    /// the start revision is negative, or the stream is disposed.</returns>
    public long Create(WatchSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return _hub.Create(this, spec);
    }

    /// <summary>Queues the refusal of a watcher that the caller does not let be created, for instance for lack of permission.</summary>
    /// <param name="reason">Text for the client.</param>
    public void Refuse(string reason) => _hub.Refuse(this, reason);

    /// <summary>Cancels a watcher; its canceled notice is queued, events that wait for it are dropped.</summary>
    /// <returns><see langword="false"/> when the stream has no such watcher; a client is told nothing then.</returns>
    public bool Cancel(long watchId) => _hub.Cancel(this, watchId, reason: null);

    /// <summary>As <see cref="Cancel"/>, but by the server's will: the client is told why.</summary>
    /// <param name="watchId">The watcher.</param>
    /// <param name="reason">Text for the client.</param>
    /// <returns><see langword="false"/> when the stream has no such watcher.</returns>
    public bool Revoke(long watchId, string reason) => _hub.Cancel(this, watchId, reason);

    /// <summary>Asks for one progress notice for the whole stream. It comes once all its watchers are live, and after every event up
    /// to its revision. Without a watcher, or with one that starts in the future, there is none, as in etcd. Requests that
    /// wait together are answered together.</summary>
    public void RequestProgress() => _hub.RequestProgress(this);

    /// <summary>Waits while <see cref="WatchOptions.StreamAnswersMax"/> answers to requests have not been taken: a client that asks and does not
    /// read is not to fill the memory with them. For the one who brings the requests, before each.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Completed at once in the common case, and when the stream is disposed.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask WaitForRoomAsync(CancellationToken cancellationToken) => Queue.WaitForRoomAsync(cancellationToken);

    /// <summary>Waits until <see cref="TryTake"/> has something. The sender's alone.</summary>
    /// <param name="cancellationToken">Ends the wait; usually the same one each time.</param>
    /// <returns><see langword="false"/> when the stream is disposed.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => Queue.WaitAsync(cancellationToken);

    /// <summary>Takes the next notice. The sender's alone; it never blocks on anything but a read of history for prev_kv.</summary>
    /// <param name="notice">The notice; its buffers are valid until the next call.</param>
    /// <returns><see langword="false"/> when nothing waits.</returns>
    public bool TryTake(out WatchNotice notice)
    {
        if (!_cutter.HasMore)
        {
            _cutter.Clear();
            if (!Queue.TryTake(_cutter, out notice, out AfterTake after))
            {
                return false;
            }

            if (after != AfterTake.Nothing)
            {
                _hub.AfterTake(this, after);
            }

            if (!_cutter.HasMore)
            {
                return true;
            }
        }

        notice = _cutter.Cut(_hub.History);
        return true;
    }

    /// <summary>Ends the stream and all its watchers; a waiting sender is released.</summary>
    public void Dispose() => _hub.Close(this);
}
