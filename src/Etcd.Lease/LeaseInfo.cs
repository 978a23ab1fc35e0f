namespace Etcd.Lease;

/// <summary>One lease at a moment.</summary>
/// <param name="Id">Id of the lease.</param>
/// <param name="GrantedTtlSeconds">Time to live in seconds from a keep-alive on.</param>
/// <param name="RemainingTtlSeconds">Whole seconds left, rounded down, 0 when expired; <see langword="null"/> on a member that is
/// not the primary, which does not know.</param>
/// <param name="Keys">Attached keys in ascending byte order; empty when they were not asked for.</param>
public sealed record LeaseInfo(
    long Id,
    long GrantedTtlSeconds,
    long? RemainingTtlSeconds,
    IReadOnlyList<ReadOnlyMemory<byte>> Keys);
