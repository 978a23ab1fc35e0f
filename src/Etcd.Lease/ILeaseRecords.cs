namespace Etcd.Lease;

/// <summary>The stored leases: bucket <c>lease</c> of the backend.</summary>
/// <remarks>Written on the apply thread only. What is written belongs to the log entry being applied and becomes durable
/// with its other effects, so a lease and its keys disappear together.</remarks>
public interface ILeaseRecords
{
    /// <summary>All stored leases, in any order.</summary>
    IReadOnlyList<LeaseRecord> ReadAll();

    /// <summary>Writes a lease, replacing one of the same id.</summary>
    void Put(LeaseRecord record);

    /// <summary>Deletes a lease; a missing one is no error.</summary>
    void Delete(long id);
}
