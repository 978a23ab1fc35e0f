namespace Etcd.Mvcc;

/// <summary>How a store runs.</summary>
public sealed record MvccOptions
{
    /// <summary>Records that one slice of a compaction looks at (<c>--compaction-batch-limit</c>).</summary>
    public int CompactionBatchLimit { get; init; } = 1000;

    /// <summary>Pause between two slices of a compaction (<c>--compaction-sleep-interval</c>).</summary>
    public TimeSpan CompactionSleepInterval { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Clock of the pause.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// Whether compactions run beside the apply thread. When false the caller runs them with
    /// <see cref="MvccStore.RunCompactions"/>, or slice by slice with <see cref="MvccStore.RunCompactionSlice"/>, as a
    /// deterministic simulation needs it.
    /// </summary>
    public bool CompactsInBackground { get; init; } = true;

    /// <summary>Is told how compactions go; <see langword="null"/>: nobody.</summary>
    public ICompactionObserver? Observer { get; init; }
}
