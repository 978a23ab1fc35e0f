namespace Etcd.Lease;

/// <summary>Leases ordered by a point in time at which something is due. Guarded by the lessor's queue lock.</summary>
/// <remarks>
/// A renewal does not touch the queue: an entry says when to look at the lease, not when it expires, and a lease found
/// with a later deadline is put back. So a keep-alive costs no heap operation however many leases there are.
/// Entries of revoked leases stay until they fall due or until they outnumber the living ones.
/// </remarks>
internal sealed class DeadlineQueue
{
    private const int DeadEntriesMin = 1024;

    private readonly PriorityQueue<LeaseState, long> _entries = new();
    private int _dead;

    public int Count => _entries.Count;

    public void Add(LeaseState lease, long dueTicks) => _entries.Enqueue(lease, dueTicks);

    /// <summary>Takes the earliest entry if it is due.</summary>
    public bool TryTakeDue(long nowTicks, out LeaseState lease)
    {
        if (!_entries.TryPeek(out lease!, out long dueTicks) || dueTicks > nowTicks)
        {
            return false;
        }

        _entries.Dequeue();
        return true;
    }

    /// <summary>Notes that a revoked lease was met and is gone from the queue.</summary>
    public void ForgetDead() => _dead = Math.Max(0, _dead - 1);

    /// <summary>Notes that the lease of one entry was revoked, and drops all such entries once they are the majority.</summary>
    public void AddDead()
    {
        _dead++;
        if (_dead < DeadEntriesMin || _dead * 2L < _entries.Count)
        {
            return;
        }

        var living = new List<(LeaseState, long)>(Math.Max(0, _entries.Count - _dead));
        foreach ((LeaseState lease, long dueTicks) in _entries.UnorderedItems)
        {
            lock (lease)
            {
                if (!lease.IsRevoked)
                {
                    living.Add((lease, dueTicks));
                }
            }
        }

        _entries.Clear();
        _entries.EnqueueRange(living);
        _dead = 0;
    }

    public void Clear()
    {
        _entries.Clear();
        _dead = 0;
    }
}
