namespace Etcd.Simulation.Scenarios;

/// <summary>Faults that strike at random moments.</summary>
internal enum FaultKind
{
    /// <summary>Power fails right now; what was not synced is lost sector by sector.</summary>
    PowerLoss,

    /// <summary>Power fails at one of the next disk operations.</summary>
    PowerLossAtDiskOperation,

    /// <summary>The process is killed; the machine, and so what was written, survives.</summary>
    Kill,

    /// <summary>The member is asked to stop, and started again.</summary>
    GracefulRestart,

    /// <summary>The whole cluster loses power at once.</summary>
    ClusterPowerLoss,

    /// <summary>A disk operation fails.</summary>
    DiskError,

    /// <summary>The disk is full for a while.</summary>
    DiskFull,

    /// <summary>The process gets no processor for a while.</summary>
    Pause,

    /// <summary>Members fall into two groups that do not reach each other.</summary>
    Partition,

    /// <summary>One member is cut off in one direction.</summary>
    OneWayPartition,

    /// <summary>Two groups that reach each other only over one member.</summary>
    BridgePartition,

    /// <summary>The leader alone is cut off from the rest.</summary>
    LeaderIsolation,

    /// <summary>The leader is cut off, and whoever is elected next before its first entries are everywhere, while the one before comes back.</summary>
    NewLeaderIsolation,

    /// <summary>A member loses power just after its next vote, and is back at once.</summary>
    PowerLossAfterVote,

    /// <summary>The history is compacted.</summary>
    Compaction,

    /// <summary>A backend is rewritten without its free pages.</summary>
    Defragmentation,

    /// <summary>The wall clock of a member jumps.</summary>
    WallClockJump,

    /// <summary>A member is added, as voter or learner, or removed, or changes its address.</summary>
    MembershipChange,

    /// <summary>Leadership is handed to another member.</summary>
    LeaderMove,
}
