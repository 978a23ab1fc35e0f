namespace Etcd.Lease;

/// <summary>One live lease.</summary>
/// <remarks>Id and granted time to live never change. All else is guarded by a lock on the object itself; it is held for a
/// few field accesses only, never across a call out, and the queue lock of the lessor is taken before it, never after.</remarks>
internal sealed class LeaseState(LeaseRecord record)
{
    /// <summary>Deadline of a lease that cannot expire because this member is not the primary.</summary>
    public const long Forever = long.MaxValue;

    public long Id { get; } = record.Id;

    public long GrantedTtlSeconds { get; } = record.GrantedTtlSeconds;

    /// <summary>Seconds left at the last checkpoint; 0 = none.</summary>
    public long CheckpointedTtlSeconds { get; set; } = record.RemainingTtlSeconds;

    /// <summary>Checkpoints that were named for the caller to propose and whose end it has not told yet: they may come into force at any time.</summary>
    public int CheckpointsUnderWay { get; set; }

    /// <summary>Whether there may be a checkpoint that this member does not know of: other members know it, and this one was restarted or caught
    /// up by a snapshot since, without it being written down; or it is not known what became of its proposal.</summary>
    public bool MayHaveUnseenCheckpoint { get; set; }

    /// <summary>Whether a member that becomes primary next might count from a checkpoint.</summary>
    public bool MayBeCheckpointed => CheckpointedTtlSeconds > 0 || CheckpointsUnderWay > 0 || MayHaveUnseenCheckpoint;

    /// <summary>When the lease expires, in ticks of 100 ns on the lessor's clock. Only ever moved later between two promotions.</summary>
    public long DeadlineTicks { get; set; } = Forever;

    /// <summary>Revoked leases may linger in a deadline queue; they are skipped there and never renewed.</summary>
    public bool IsRevoked { get; set; }

    public LeaseKeys Keys { get; } = new();

    /// <summary>Who waits until the lease is revoked or its deadline changes with a promotion or demotion, each with a source of its own.</summary>
    public List<TaskCompletionSource>? Waiters { get; set; }

    /// <summary>Time to live to count from when this member becomes primary.</summary>
    public long TtlSecondsAtPromotion => CheckpointedTtlSeconds > 0 ? CheckpointedTtlSeconds : GrantedTtlSeconds;
}
