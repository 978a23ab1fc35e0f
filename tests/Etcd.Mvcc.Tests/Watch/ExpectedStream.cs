using Etcd.Mvcc.Watch;

namespace Etcd.Mvcc.Tests.Watch;

/// <summary>A stream with what each of its watchers must see. Creating and taking may be done by two threads.</summary>
internal sealed class ExpectedStream(MemoryHistory store, WatchStream stream) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<ExpectedWatcher> _watchers = [];

    public WatchStream Stream => stream;

    /// <summary>Set before the last request for progress.</summary>
    public bool IsFinishing { get; set; }

    /// <summary>Whether progress came after <see cref="IsFinishing"/> was set: nothing is left.</summary>
    public bool HasFinished { get; private set; }

    public long EventsSeen
    {
        get
        {
            lock (_lock)
            {
                return _watchers.Sum(watcher => watcher.EventsSeen);
            }
        }
    }

    /// <summary>Creates a watcher whose first revision is given; ids are chosen by the stream and never used again.</summary>
    public void Create(WatchSpec spec)
    {
        lock (_lock)
        {
            long id = stream.Create(spec);
            _watchers.Add(new ExpectedWatcher(store, spec) { WatchId = id });
        }
    }

    /// <summary>Cancels any watcher but the first.</summary>
    public void CancelOne(Random random)
    {
        lock (_lock)
        {
            ExpectedWatcher[] living = [.. _watchers.Skip(1).Where(watcher => !watcher.IsCancelled && !watcher.HasEnded)];
            if (living.Length > 0)
            {
                ExpectedWatcher chosen = living[random.Next(living.Length)];
                chosen.IsCancelled = stream.Cancel(chosen.WatchId);
            }
        }
    }

    /// <summary>Takes one notice and checks it.</summary>
    public bool TakeOne()
    {
        if (!stream.TryTake(out WatchNotice notice))
        {
            return false;
        }

        lock (_lock)
        {
            if (notice.WatchId == WatchNotice.NoWatchId)
            {
                Assert.Equal(WatchNoticeKind.Progress, notice.Kind);
                HasFinished = IsFinishing && notice.Revision == store.CurrentRevision;
                foreach (ExpectedWatcher watcher in _watchers.Where(watcher => watcher.IsCreated))
                {
                    watcher.CheckProgress(notice.Revision);
                }
            }
            else
            {
                _watchers.Single(watcher => watcher.WatchId == notice.WatchId).Check(notice);
            }
        }

        return true;
    }

    /// <summary>After everything was taken: every watcher that lives has seen everything.</summary>
    public void CheckComplete(long lastRevision)
    {
        lock (_lock)
        {
            foreach (ExpectedWatcher watcher in _watchers)
            {
                Assert.True(watcher.IsCreated);
                Assert.Equal(watcher.IsCancelled, watcher.HasEnded && watcher.IsCancelled);
                watcher.CheckComplete(lastRevision);
            }
        }
    }

    public void Dispose() => stream.Dispose();
}
