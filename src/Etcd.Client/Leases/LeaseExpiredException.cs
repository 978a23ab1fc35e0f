namespace Etcd.Client;

/// <summary>A lease that was being kept alive is gone, or its time passed without an answer from the cluster.</summary>
public sealed class LeaseExpiredException : Exception
{
    /// <summary>Creates the exception.</summary>
    public LeaseExpiredException(long leaseId)
        : base($"lease {leaseId:x16} expired or was revoked") => LeaseId = leaseId;

    /// <summary>The lease.</summary>
    public long LeaseId { get; }
}
