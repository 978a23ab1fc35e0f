namespace Etcd.Lease;

/// <summary>The remaining time of a lease, to be spread through the log so that a new leader need not start from the full time.</summary>
/// <param name="Id">Id of the lease.</param>
/// <param name="RemainingTtlSeconds">Seconds left, rounded up; 0 clears an earlier checkpoint.</param>
public readonly record struct LeaseCheckpoint(long Id, long RemainingTtlSeconds);
