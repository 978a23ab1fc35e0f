namespace Etcd.Mvcc.Watch;

/// <summary>One watcher of a stream: what it wants, how far it is, what waits for its sender.</summary>
internal sealed class Watcher(WatchStream stream, long id, long number, KeyInterval keys, WatchSpec spec)
{
    /// <summary>Those that are furthest behind first; of two alike the older.</summary>
    public static IComparer<Watcher> ByNextRevision { get; } = Comparer<Watcher>.Create(static (left, right) =>
        left.NextRevision != right.NextRevision
            ? left.NextRevision.CompareTo(right.NextRevision)
            : left._number.CompareTo(right._number));

    private readonly long _number = number;

    public WatchStream Stream { get; } = stream;

    public long Id { get; } = id;

    public KeyInterval Keys { get; } = keys;

    public bool WithPreviousKeyValue { get; } = spec.WithPreviousKeyValue;

    public bool WantsProgressNotices { get; } = spec.WantsProgressNotices;

    public bool AllowsFragments { get; } = spec.AllowsFragments;

    private readonly bool _withoutPuts = spec.WithoutPuts;
    private readonly bool _withoutDeletes = spec.WithoutDeletes;

    // ---- Guarded by the hub's lock.

    /// <summary>Changed through <see cref="WatchHub"/> alone, which keeps the stream's count of watchers that are not live.</summary>
    public WatcherState State { get; set; } = WatcherState.Behind;

    /// <summary>While not live: first revision that was not yet handed to the stream. It stays the same while the watcher waits for
    /// a round, and is the pump's own during one.</summary>
    public long NextRevision { get; set; }

    /// <summary>While live or joining: first revision to take from the live feed.</summary>
    public long LiveFrom { get; set; }

    /// <summary>Place in the live index.</summary>
    public WatcherSet? Set { get; set; }

    /// <summary>Place in the live index.</summary>
    public int PositionInSet { get; set; }

    /// <summary>While joining: what was published since the round began.</summary>
    public EventBuffer? Held { get; set; }

    /// <summary>While joining: more was published than may be held, so it cannot join in this round.</summary>
    public bool HeldOverflowed { get; set; }

    /// <summary>Matches of the publication that is being routed.</summary>
    public RouteLane LiveLane;

    // ---- The pump's own.

    /// <summary>Matches of the chunk of history that is being routed.</summary>
    public RouteLane CatchUpLane;

    // ---- Guarded by the stream's gate.

    /// <summary>Events that wait for the sender.</summary>
    public EventBuffer Pending { get; } = new();

    /// <summary>Main revision of the last event that was queued; further events of it are taken whatever the queue holds.</summary>
    public long LastQueuedRevision { get; set; }

    /// <summary>Whether it stands in the stream's queue; it does so at most once.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Store revision to report with the created notice; -1 once that is taken.</summary>
    public long CreatedRevision { get; set; } = -1;

    /// <summary>Progress to report when nothing else is pending; 0 = none.</summary>
    public long ProgressRevision { get; set; }

    /// <summary>Whether no event was sent since the last time progress was due.</summary>
    public bool IsIdle { get; set; } = true;

    /// <summary>Last notice, sent after what is pending; once set nothing more is queued.</summary>
    public QueuedNotice? End { get; set; }

    /// <summary>Whether the watcher wants an event, its key aside.</summary>
    public bool Wants(KeyEvent change) => !(change.IsDelete ? _withoutDeletes : _withoutPuts);
}
