namespace Etcd.Lease.Tests;

/// <summary>The stored leases, in memory.</summary>
internal sealed class MemoryLeaseRecords : ILeaseRecords
{
    public Dictionary<long, LeaseRecord> Records { get; } = [];

    public IReadOnlyList<LeaseRecord> ReadAll() => [.. Records.Values];

    public void Put(LeaseRecord record) => Records[record.Id] = record;

    public void Delete(long id) => Records.Remove(id);
}
