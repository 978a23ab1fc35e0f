namespace Etcd.Lease;

/// <summary>Settings of a <see cref="Lessor"/>.</summary>
public sealed record LessorOptions
{
    /// <summary>Longest time to live a client may ask for, in seconds: 9,000,000,000, about 285 years.</summary>
    public const long TtlSecondsMax = 9_000_000_000;

    /// <summary>Shortest granted time to live in seconds; a smaller request is raised to it.</summary>
    /// <remarks>etcd's rule: ceil(1.5 x election timeout), so that a leader change cannot outlast a lease. All members must agree.</remarks>
    public long TtlSecondsMin { get; init; } = 2;

    /// <summary>How long an expired lease waits before <see cref="Lessor.TakeExpired"/> offers it again, for the case that
    /// its revoke was proposed and lost.</summary>
    public TimeSpan RevokeRetryInterval { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Most leases that expire within one second after a promotion; those above are moved back a little.</summary>
    /// <remarks>Every deadline is extended by the same rule at a promotion, so leases granted at different times fall due
    /// together. Three quarters of the 1000 revokes a second that a server does leaves room for other expiries.</remarks>
    public int ExpiriesPerSecondMax { get; init; } = 750;

    /// <summary>Number of leases from which expiries are spread after a promotion; below it one round of revokes takes them all.</summary>
    public int SpreadThreshold { get; init; } = 1000;

    /// <summary>How often the remaining time of a long lease is checkpointed through the log; zero turns checkpoints off.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.Zero;

    /// <summary>Whether a checkpoint is also written to the backend, so that it survives a restart.</summary>
    public bool PersistCheckpoints { get; init; }

    /// <summary>Where those go on who wait in <see cref="Lessor.RenewAsync"/>: by default never on the thread that ends their wait; a simulation
    /// on one thread sets <see cref="TaskCreationOptions.None"/>.</summary>
    public TaskCreationOptions Completions { get; init; } = TaskCreationOptions.RunContinuationsAsynchronously;
}
