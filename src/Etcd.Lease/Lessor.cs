using System.Collections.Concurrent;

using Etcd.Mvcc;

namespace Etcd.Lease;

/// <summary>The leases of a member: a state machine driven by apply, with expiry polled by the server's loop.</summary>
/// <remarks>
/// <para>It has no thread and no timer; time is read from the <see cref="TimeProvider"/> when a method is called.</para>
/// <para>Threads: <see cref="Grant"/>, <see cref="Revoke"/>, <see cref="Checkpoint"/>, <see cref="Attach"/>,
/// <see cref="Detach"/>, <see cref="LeaseOf"/> and <see cref="Recover()"/> belong to the apply thread. All other members may be called from any
/// thread. A look-up takes no lock; a keep-alive locks its own lease for a moment; only grant, revoke, promotion and the
/// polls share the lock on the deadline queue.</para>
/// <para>Expiry: only a primary (the leader) knows deadlines. <see cref="Promote"/> gives every lease its full time to live
/// (or what its last checkpoint says) from now on, so that a lease never ends before the time a client was promised by any
/// earlier leader. <see cref="Demote"/> forgets the deadlines: a follower never expires a lease. An expired lease is only
/// reported; it goes when its revoke has come through the log.</para>
/// <para>The caller must confirm its leadership before it acknowledges a keep-alive or proposes the revokes that
/// <see cref="TakeExpired"/> names (etcd #15247: a paused old leader revoked leases), and apply all that was committed
/// before the keep-alive arrived (etcd 3.5.23: a renewal was acknowledged after the revoke).</para>
/// </remarks>
public sealed class Lessor : ILeaseBook
{
    private readonly LessorOptions _options;
    private readonly ExpirySchedule _schedule;
    private ILeaseRecords _records;                                             // apply thread only
    private volatile ConcurrentDictionary<long, LeaseState> _leases = new();    // replaced as a whole by Recover
    private readonly Dictionary<ReadOnlyMemory<byte>, long> _leaseOfKey = new(KeyBytesComparer.Instance);   // apply thread only
    private long _grantedTotal;
    private long _revokedTotal;
    private long _renewedTotal;
    private long _expiredTotal;

    /// <summary>Makes an empty lessor that is not primary; <see cref="Recover()"/> loads the stored leases.</summary>
    /// <param name="records">Where leases are kept.</param>
    /// <param name="time">The clock; only its monotonic timestamp is read.</param>
    /// <param name="options">Settings.</param>
    public Lessor(ILeaseRecords records, TimeProvider time, LessorOptions options)
    {
        ArgumentNullException.ThrowIfNull(records);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(options);
        _records = records;
        _options = options;
        _schedule = new ExpirySchedule(time, options);
    }

    /// <summary>Whether this member drives expiry.</summary>
    public bool IsPrimary => _schedule.IsRunning;

    /// <summary>Number of leases.</summary>
    public int Count => _leases.Count;

    /// <summary>Leases granted since the process started.</summary>
    public long GrantedTotal => Interlocked.Read(ref _grantedTotal);

    /// <summary>Leases revoked since the process started, expired ones included.</summary>
    public long RevokedTotal => Interlocked.Read(ref _revokedTotal);

    /// <summary>Keep-alives acknowledged since the process started.</summary>
    public long RenewedTotal => Interlocked.Read(ref _renewedTotal);

    /// <summary>Expired leases handed out for revoking since the process started; one handed out again counts again.</summary>
    public long ExpiredTotal => Interlocked.Read(ref _expiredTotal);

    internal int QueuedDeadlines => _schedule.QueuedDeadlines;

    /// <summary>Forgets all leases and loads those of the backend, without deadlines and without keys.</summary>
    /// <remarks>Afterwards the store, opened on the same backend, attaches the keys again. The lessor is not primary until promoted.</remarks>
    public void Recover() => Recover(_records);

    /// <summary>Like <see cref="Recover()"/>, from the backend that a snapshot has installed.</summary>
    /// <param name="records">Where leases are kept from now on.</param>
    public void Recover(ILeaseRecords records)
    {
        ArgumentNullException.ThrowIfNull(records);
        Demote();
        _records = records;
        var leases = new ConcurrentDictionary<long, LeaseState>();
        foreach (LeaseRecord record in records.ReadAll())
        {
            // A member may have been started with a longer election timeout than the one that granted.
            leases[record.Id] = new LeaseState(record with { GrantedTtlSeconds = RaiseToMinimum(record.GrantedTtlSeconds) });
        }

        _leases = leases;
        _leaseOfKey.Clear();
    }

    /// <summary>Grants a lease and writes its record.</summary>
    /// <param name="id">Id of the lease; the server replaced 0 before it proposed.</param>
    /// <param name="ttlSeconds">Asked time to live in seconds; less than the minimum is raised to it.</param>
    /// <param name="grantedTtlSeconds">Time to live as granted; 0 unless granted.</param>
    /// <returns>What happened; every member comes to the same result for the same log entry.</returns>
    public LeaseGrantOutcome Grant(long id, long ttlSeconds, out long grantedTtlSeconds)
    {
        grantedTtlSeconds = 0;
        if (id == 0)
        {
            return LeaseGrantOutcome.IdMissing;
        }

        if (ttlSeconds > LessorOptions.TtlSecondsMax)
        {
            return LeaseGrantOutcome.TtlTooLarge;
        }

        var record = new LeaseRecord(id, RaiseToMinimum(ttlSeconds), RemainingTtlSeconds: 0);
        if (!_schedule.AddTo(_leases, new LeaseState(record)))
        {
            return LeaseGrantOutcome.AlreadyExists;
        }

        _records.Put(record);
        Interlocked.Increment(ref _grantedTotal);
        grantedTtlSeconds = record.GrantedTtlSeconds;
        return LeaseGrantOutcome.Granted;
    }

    /// <summary>Ends a lease and deletes its record.</summary>
    /// <param name="id">Id of the lease.</param>
    /// <param name="keysAscending">The keys that hung on it, in ascending byte order. The caller deletes them in one revision within the
    /// same log entry, so that keys and record go together.</param>
    /// <returns><see langword="false"/> when there is no such lease (<c>etcdserver: requested lease not found</c>).</returns>
    /// <remarks>From the return on no keep-alive of the lease succeeds.</remarks>
    public bool Revoke(long id, out IReadOnlyList<ReadOnlyMemory<byte>> keysAscending)
    {
        if (!_leases.TryRemove(id, out LeaseState? lease))
        {
            keysAscending = [];
            return false;
        }

        List<TaskCompletionSource>? waiters;
        lock (lease)
        {
            lease.IsRevoked = true;
            waiters = lease.Waiters;
            lease.Waiters = null;
            keysAscending = lease.Keys.ToAscendingArray();
        }

        foreach (ReadOnlyMemory<byte> key in keysAscending)
        {
            _leaseOfKey.Remove(key);
        }

        _records.Delete(id);
        _schedule.NoteRevoked(lease);
        Interlocked.Increment(ref _revokedTotal);
        waiters?.ForEach(static waiter => waiter.TrySetResult());
        return true;
    }

    /// <inheritdoc/>
    public bool Exists(long leaseId) => _leases.ContainsKey(leaseId);

    /// <inheritdoc/>
    public long LeaseOf(ReadOnlySpan<byte> key) =>
        _leaseOfKey.Count > 0 && _leaseOfKey.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out long id) ? id : 0;

    /// <inheritdoc/>
    public void Attach(long leaseId, ReadOnlyMemory<byte> key)
    {
        if (!_leases.TryGetValue(leaseId, out LeaseState? lease))
        {
            return;
        }

        if (_leaseOfKey.TryGetValue(key, out long previous) && previous != leaseId)
        {
            Detach(previous, key);
        }

        _leaseOfKey[key] = leaseId;
        lock (lease)
        {
            lease.Keys.Add(key);
        }
    }

    /// <inheritdoc/>
    public void Detach(long leaseId, ReadOnlyMemory<byte> key)
    {
        if (_leaseOfKey.TryGetValue(key, out long current) && current == leaseId)
        {
            _leaseOfKey.Remove(key);
        }

        if (_leases.TryGetValue(leaseId, out LeaseState? lease))
        {
            lock (lease)
            {
                lease.Keys.Remove(key);
            }
        }
    }

    /// <summary>Notes the remaining time of a lease, as it came through the log.</summary>
    /// <param name="checkpoint">Lease and seconds left; 0 clears an earlier checkpoint.</param>
    /// <returns><see langword="false"/> when there is no such lease, which is no error: it may have been revoked in between.</returns>
    public bool Checkpoint(LeaseCheckpoint checkpoint)
    {
        if (!_leases.TryGetValue(checkpoint.Id, out LeaseState? lease))
        {
            return false;
        }

        long remaining = Math.Clamp(checkpoint.RemainingTtlSeconds, 0, lease.GrantedTtlSeconds);
        lock (lease)
        {
            lease.CheckpointedTtlSeconds = remaining;
            lease.MayHaveUnseenCheckpoint &= remaining > 0;
        }

        if (_options.PersistCheckpoints)
        {
            _records.Put(new LeaseRecord(lease.Id, lease.GrantedTtlSeconds, remaining));
        }

        return true;
    }

    /// <summary>Makes this member the one that drives expiry; every lease starts anew.</summary>
    /// <param name="extend">Added to each deadline: about an election timeout, for keep-alives that were on their way to the old leader.</param>
    public void Promote(TimeSpan extend) => _schedule.Start(_leases.Values, extend);

    /// <summary>Stops driving expiry; deadlines are forgotten.</summary>
    public void Demote() => _schedule.Stop(_leases.Values);

    /// <summary>Keeps a lease alive for its full time to live from now.</summary>
    /// <remarks>See the remarks of the class for what the caller confirms before it acknowledges.</remarks>
    public LeaseRenewal Renew(long id)
    {
        if (!_schedule.IsRunning)
        {
            return new LeaseRenewal(LeaseRenewalOutcome.NotPrimary, 0);
        }

        if (!_leases.TryGetValue(id, out LeaseState? lease))
        {
            return new LeaseRenewal(LeaseRenewalOutcome.NotFound, 0);
        }

        long now = _schedule.NowTicks;
        lock (lease)
        {
            LeaseRenewalOutcome outcome =
                lease.IsRevoked ? LeaseRenewalOutcome.NotFound
                : lease.DeadlineTicks == LeaseState.Forever ? LeaseRenewalOutcome.NotPrimary
                : lease.DeadlineTicks <= now ? LeaseRenewalOutcome.Expired
                : lease.MayBeCheckpointed ? LeaseRenewalOutcome.CheckpointMustBeCleared
                : LeaseRenewalOutcome.Renewed;
            if (outcome != LeaseRenewalOutcome.Renewed)
            {
                return new LeaseRenewal(outcome, 0);
            }

            // Spreading after a promotion may have given more than the full time to live: a renewal never shortens it.
            lease.DeadlineTicks = Math.Max(lease.DeadlineTicks, now + ExpirySchedule.SecondsToTicks(lease.GrantedTtlSeconds));
        }

        Interlocked.Increment(ref _renewedTotal);
        return new LeaseRenewal(LeaseRenewalOutcome.Renewed, lease.GrantedTtlSeconds);
    }

    /// <summary>Like <see cref="Renew"/>, but waits while the lease has expired and its revoke is under way.</summary>
    /// <param name="id">Id of the lease.</param>
    /// <param name="cancellationToken">Ends the wait; the caller's deadline.</param>
    /// <returns>Any outcome but <see cref="LeaseRenewalOutcome.Expired"/>. So a client is told that the lease is gone only once its
    /// revoke has come through the log, and if the revoke is lost with the leadership, the lease lives on under the next leader.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<LeaseRenewal> RenewAsync(long id, CancellationToken cancellationToken)
    {
        while (true)
        {
            LeaseRenewal renewal = Renew(id);
            if (renewal.Outcome != LeaseRenewalOutcome.Expired)
            {
                return renewal;
            }

            await WaitForEndAsync(id, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>One lease, or <see langword="null"/> when there is none of that id (a client is answered TTL -1).</summary>
    /// <param name="id">Id of the lease.</param>
    /// <param name="withKeys">Whether the attached keys are wanted.</param>
    public LeaseInfo? TimeToLive(long id, bool withKeys)
    {
        if (!_leases.TryGetValue(id, out LeaseState? lease))
        {
            return null;
        }

        long now = _schedule.NowTicks;
        lock (lease)
        {
            long? remaining = lease.DeadlineTicks == LeaseState.Forever
                ? null
                : Math.Max(0, lease.DeadlineTicks - now) / TimeSpan.TicksPerSecond;
            return new LeaseInfo(id, lease.GrantedTtlSeconds, remaining, withKeys ? lease.Keys.ToAscendingArray() : []);
        }
    }

    /// <summary>Ids of all leases, soonest deadline first, then by id.</summary>
    public IReadOnlyList<long> Leases()
    {
        LeaseState[] leases = [.. _leases.Values];
        var order = new (long Deadline, long Id)[leases.Length];
        for (int i = 0; i < leases.Length; i++)
        {
            lock (leases[i])
            {
                order[i] = (leases[i].DeadlineTicks, leases[i].Id);
            }
        }

        Array.Sort(order);
        return Array.ConvertAll(order, entry => entry.Id);
    }

    /// <summary>Names leases that have expired, for the caller to propose their revokes. Polled every 500 ms.</summary>
    /// <param name="max">Most leases to name, so that the caller keeps its rate (etcd: 1000 a second).</param>
    /// <returns>Ids, longest expired first; empty on a member that is not primary. A lease that still exists after
    /// <see cref="LessorOptions.RevokeRetryInterval"/> is named again.</returns>
    public IReadOnlyList<long> TakeExpired(int max)
    {
        List<long> expired = _schedule.TakeExpired(max);
        Interlocked.Add(ref _expiredTotal, expired.Count);
        return expired;
    }

    /// <summary>Names leases whose remaining time is due to be checkpointed, for the caller to propose.</summary>
    /// <param name="max">Most checkpoints to name (etcd: 1000 in one proposal).</param>
    /// <returns>Checkpoints; empty when they are turned off or this member is not primary. No keep-alive of these leases
    /// succeeds until the caller has told the end of them (<see cref="CheckpointsEnded"/>): one that came into force after the keep-alive, with less time than that
    /// has promised, would let the next primary end the lease early.</returns>
    public IReadOnlyList<LeaseCheckpoint> TakeCheckpoints(int max) => _schedule.TakeCheckpoints(max);

    /// <summary>Tells that nothing more will be heard of checkpoints which <see cref="TakeCheckpoints"/> has named.</summary>
    /// <param name="checkpoints">The checkpoints.</param>
    /// <param name="isInForce">Whether they came into force; if not, they may do so yet.</param>
    public void CheckpointsEnded(IReadOnlyList<LeaseCheckpoint> checkpoints, bool isInForce)
    {
        ArgumentNullException.ThrowIfNull(checkpoints);
        foreach (LeaseCheckpoint checkpoint in checkpoints)
        {
            if (_leases.TryGetValue(checkpoint.Id, out LeaseState? lease))
            {
                lock (lease)
                {
                    // The leases may have been replaced by those of a snapshot in between.
                    lease.CheckpointsUnderWay = Math.Max(0, lease.CheckpointsUnderWay - 1);
                    lease.MayHaveUnseenCheckpoint |= !isInForce;
                }
            }
        }
    }

    private long RaiseToMinimum(long ttlSeconds) => Math.Max(ttlSeconds, _options.TtlSecondsMin);

    /// <summary>Waits until the lease is revoked or this member stops being primary; not at all when either is so already.</summary>
    private async ValueTask WaitForEndAsync(long id, CancellationToken cancellationToken)
    {
        if (!_leases.TryGetValue(id, out LeaseState? lease))
        {
            return;
        }

        var ended = new TaskCompletionSource(_options.Completions);
        lock (lease)
        {
            if (lease.IsRevoked || lease.DeadlineTicks == LeaseState.Forever)
            {
                return;
            }

            (lease.Waiters ??= []).Add(ended);
        }

        try
        {
            await ended.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            lock (lease)
            {
                lease.Waiters?.Remove(ended);
            }

            throw;
        }
    }
}
