namespace Etcd.Mvcc;

/// <summary>How a backend runs.</summary>
public sealed record BackendOptions
{
    /// <summary>Longest time a write stays in memory before its commit begins.</summary>
    public TimeSpan BatchInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Pending puts and deletes that begin a commit before the interval is over.</summary>
    public int BatchLimit { get; init; } = 10_000;

    /// <summary>Pending puts and deletes at which the apply thread waits for a commit that is still running; four times as many for a
    /// defragmentation.</summary>
    public int PendingMax { get; init; } = 200_000;

    /// <summary>Pending bytes at which the apply thread waits for a commit that is still running; four times as many for a
    /// defragmentation.</summary>
    public long PendingBytesMax { get; init; } = 64L * 1024 * 1024;

    /// <summary>Address space to map at the start; a file that stays below it is never mapped anew. It costs no memory.</summary>
    public long InitialMapBytes { get; init; } = 10L * 1024 * 1024 * 1024;

    /// <summary>How long to wait for the lock of a file that another process has open; see <c>BoltOptions.LockTimeout</c>.</summary>
    public TimeSpan? LockTimeout { get; init; }

    /// <summary>How free space of the file is given back to the disk; off unless a rate is set.</summary>
    public ReclaimOptions Reclaim { get; init; } = new();

    /// <summary>Leaves out every sync: a power loss can destroy the file.</summary>
    public bool UnsafeNoSync { get; init; }

    /// <summary>
    /// Whether commits run on a thread of the backend. When false they run inside <c>EndEntry</c> and <c>Commit</c>, on the caller's
    /// thread, as a deterministic simulation needs it.
    /// </summary>
    public bool CommitsOnOwnThread { get; init; } = true;

    /// <summary>Where waiters for a commit go on: never on the committing thread, if there is one.</summary>
    internal TaskCreationOptions Completions =>
        CommitsOnOwnThread ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None;

    /// <summary>Clock of the interval.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Told how long each commit took, on the thread that made it; for metrics.</summary>
    public Action<TimeSpan>? CommitObserver { get; init; }
}
