using System.Collections.Concurrent;

namespace Etcd.Lease;

/// <summary>Deadlines of the leases while this member is primary: what has expired, what is due for a checkpoint.</summary>
/// <remarks>Any thread. One lock guards both queues; a lock on a lease is taken inside it, never around it.</remarks>
internal sealed class ExpirySchedule(TimeProvider time, LessorOptions options)
{
    private readonly long _origin = time.GetTimestamp();
    private readonly Lock _lock = new();
    private readonly DeadlineQueue _expiries = new();        // guarded by _lock; empty unless running
    private readonly DeadlineQueue _checkpoints = new();     // guarded by _lock; empty unless running with checkpoints
    private volatile bool _isRunning;                        // written under _lock

    /// <summary>Whether deadlines count, that is, whether this member is primary.</summary>
    public bool IsRunning => _isRunning;

    /// <summary>Ticks of 100 ns on a clock that never goes back.</summary>
    public long NowTicks => time.GetElapsedTime(_origin).Ticks;

    /// <summary>Entries in the expiry queue, those of revoked leases included.</summary>
    public int QueuedDeadlines
    {
        get
        {
            lock (_lock)
            {
                return _expiries.Count;
            }
        }
    }

    /// <summary>Adds a lease to the table, and schedules it; <see langword="false"/> when its id is taken.</summary>
    /// <remarks>Table and queues change together, or a promotion in between would schedule the lease twice or never.</remarks>
    public bool AddTo(ConcurrentDictionary<long, LeaseState> leases, LeaseState lease)
    {
        lock (_lock)
        {
            if (!leases.TryAdd(lease.Id, lease))
            {
                return false;
            }

            if (_isRunning)
            {
                long now = NowTicks;
                StartDeadline(lease, now, now + SecondsToTicks(lease.GrantedTtlSeconds));
            }

            return true;
        }
    }

    /// <summary>Gives every lease its time to live from now on, spread out when there are many.</summary>
    public void Start(IEnumerable<LeaseState> all, TimeSpan extend)
    {
        lock (_lock)
        {
            _isRunning = true;
            _expiries.Clear();
            _checkpoints.Clear();
            LeaseState[] leases = [.. all];
            var deadlines = new long[leases.Length];
            long now = NowTicks;
            for (int i = 0; i < leases.Length; i++)
            {
                lock (leases[i])
                {
                    deadlines[i] = now + extend.Ticks + SecondsToTicks(leases[i].TtlSecondsAtPromotion);
                    leases[i].MayHaveUnseenCheckpoint = !options.PersistCheckpoints && NeedsCheckpoints(leases[i]);
                }
            }

            if (leases.Length >= options.SpreadThreshold)
            {
                Array.Sort(deadlines, leases);
                ExpirySpreading.Spread(deadlines, options.ExpiriesPerSecondMax);
            }

            for (int i = 0; i < leases.Length; i++)
            {
                StartDeadline(leases[i], now, deadlines[i]);
            }
        }
    }

    /// <summary>Forgets all deadlines.</summary>
    public void Stop(IEnumerable<LeaseState> all)
    {
        lock (_lock)
        {
            _isRunning = false;
            _expiries.Clear();
            _checkpoints.Clear();
            foreach (LeaseState lease in all)
            {
                SetDeadline(lease, LeaseState.Forever);
            }
        }
    }

    /// <summary>Tells that a lease was revoked; its entries are dropped in time.</summary>
    public void NoteRevoked(LeaseState lease)
    {
        lock (_lock)
        {
            if (!_isRunning)
            {
                return;
            }

            _expiries.AddDead();
            if (NeedsCheckpoints(lease))
            {
                _checkpoints.AddDead();
            }
        }
    }

    /// <summary>Leases past their deadline, longest expired first; each is offered again after the retry interval.</summary>
    public List<long> TakeExpired(int max)
    {
        var expired = new List<long>();
        lock (_lock)
        {
            long now = NowTicks;
            while (_isRunning && expired.Count < max && _expiries.TryTakeDue(now, out LeaseState lease))
            {
                lock (lease)
                {
                    if (lease.IsRevoked)
                    {
                        _expiries.ForgetDead();
                    }
                    else if (lease.DeadlineTicks > now)
                    {
                        // Renewed since the entry was made.
                        _expiries.Add(lease, lease.DeadlineTicks);
                    }
                    else
                    {
                        expired.Add(lease.Id);
                        _expiries.Add(lease, now + options.RevokeRetryInterval.Ticks);
                    }
                }
            }
        }

        return expired;
    }

    /// <summary>Leases due for a checkpoint, with their remaining seconds rounded up.</summary>
    public List<LeaseCheckpoint> TakeCheckpoints(int max)
    {
        var due = new List<LeaseCheckpoint>();
        lock (_lock)
        {
            long now = NowTicks;
            while (_isRunning && due.Count < max && _checkpoints.TryTakeDue(now, out LeaseState lease))
            {
                lock (lease)
                {
                    if (lease.IsRevoked)
                    {
                        _checkpoints.ForgetDead();
                        continue;
                    }

                    long remainingTicks = lease.DeadlineTicks - now;
                    if (remainingTicks > 0)
                    {
                        long seconds = (remainingTicks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;
                        due.Add(new LeaseCheckpoint(lease.Id, seconds));
                        lease.CheckpointsUnderWay++;
                    }

                    _checkpoints.Add(lease, now + options.CheckpointInterval.Ticks);
                }
            }
        }

        return due;
    }

    public static long SecondsToTicks(long seconds) => seconds * TimeSpan.TicksPerSecond;

    private bool NeedsCheckpoints(LeaseState lease) =>
        options.CheckpointInterval > TimeSpan.Zero
        && SecondsToTicks(lease.GrantedTtlSeconds) > options.CheckpointInterval.Ticks;

    private void StartDeadline(LeaseState lease, long nowTicks, long deadlineTicks)
    {
        SetDeadline(lease, deadlineTicks);
        _expiries.Add(lease, deadlineTicks);
        if (NeedsCheckpoints(lease))
        {
            _checkpoints.Add(lease, nowTicks + options.CheckpointInterval.Ticks);
        }
    }

    private static void SetDeadline(LeaseState lease, long deadlineTicks)
    {
        List<TaskCompletionSource>? waiters;
        lock (lease)
        {
            lease.DeadlineTicks = deadlineTicks;
            waiters = lease.Waiters;
            lease.Waiters = null;
        }

        // Whoever waits for the revoke of an expired lease looks again; continuations run elsewhere, not under this lock.
        waiters?.ForEach(static waiter => waiter.TrySetResult());
    }
}
