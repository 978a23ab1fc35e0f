namespace Etcd.Mvcc.Watch;

/// <summary>When each stream's idle watchers are due a progress notice. Guarded by the hub's lock where not said otherwise.</summary>
internal sealed class ProgressSchedule(TimeProvider time, Action signal)
{
    private readonly long _origin = time.GetTimestamp();
    private readonly PriorityQueue<WatchStream, TimeSpan> _due = new();
    private ITimer? _timer;

    private TimeSpan Now => time.GetElapsedTime(_origin);

    /// <summary>Makes the timer that wakes the pump; the caller disposes it.</summary>
    public ITimer StartTimer()
    {
        ITimer timer = time.CreateTimer(_ => signal(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Volatile.Write(ref _timer, timer);

        // The first pass sets it.
        signal();
        return timer;
    }

    /// <summary>Schedules a stream that has a watcher which wants progress notices.</summary>
    public void Add(WatchStream stream)
    {
        if (!stream.IsProgressScheduled)
        {
            stream.IsProgressScheduled = true;
            _due.Enqueue(stream, Now + stream.ProgressInterval);
            SetTimer();
        }
    }

    /// <summary>Queues notices for the streams that are due.</summary>
    /// <param name="publishedRevision">Everything up to it is queued for every live watcher.</param>
    public void Report(long publishedRevision)
    {
        TimeSpan now = Now;
        while (_due.TryPeek(out WatchStream? stream, out TimeSpan due) && due <= now)
        {
            _due.Dequeue();
            stream.IsProgressScheduled = false;
            Report(stream, publishedRevision);
        }

        SetTimer();
    }

    private void Report(WatchStream stream, long publishedRevision)
    {
        bool hasAny = false;
        foreach (Watcher watcher in stream.Watchers.Values)
        {
            if (!watcher.WantsProgressNotices)
            {
                continue;
            }

            hasAny = true;
            if (watcher.State == WatcherState.Live && watcher.LiveFrom <= publishedRevision + 1)
            {
                stream.Queue.AddProgressIfIdle(watcher, publishedRevision);
            }
        }

        if (hasAny)
        {
            Add(stream);
        }
    }

    private void SetTimer()
    {
        TimeSpan wait = _due.TryPeek(out _, out TimeSpan due)
            ? TimeSpan.FromTicks(Math.Max(0, (due - Now).Ticks))
            : Timeout.InfiniteTimeSpan;
        Volatile.Read(ref _timer)?.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
