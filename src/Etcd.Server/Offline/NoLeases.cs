using Etcd.Mvcc;

namespace Etcd.Server.Offline;

/// <summary>For work that looks at keys alone: to it there are no leases.</summary>
internal sealed class NoLeases : ILeaseBook
{
    public bool Exists(long leaseId) => false;

    public long LeaseOf(ReadOnlySpan<byte> key) => 0;

    public void Attach(long leaseId, ReadOnlyMemory<byte> key)
    {
    }

    public void Detach(long leaseId, ReadOnlyMemory<byte> key)
    {
    }
}
