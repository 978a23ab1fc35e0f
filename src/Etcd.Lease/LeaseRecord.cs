namespace Etcd.Lease;

/// <summary>One lease as the backend keeps it. The deadline is never stored.</summary>
/// <param name="Id">Id of the lease, never 0.</param>
/// <param name="GrantedTtlSeconds">Time to live in seconds, already raised to the minimum.</param>
/// <param name="RemainingTtlSeconds">Seconds left at the last checkpoint; 0 means the full time to live.</param>
public readonly record struct LeaseRecord(long Id, long GrantedTtlSeconds, long RemainingTtlSeconds);
