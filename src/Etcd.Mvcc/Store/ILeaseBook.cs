namespace Etcd.Mvcc;

/// <summary>What the store needs of the lessor: which leases exist and which keys hang on them.</summary>
/// <remarks>Called on the apply thread, and while the store is being rebuilt.</remarks>
public interface ILeaseBook
{
    /// <summary>Tells whether a lease of this id is granted.</summary>
    bool Exists(long leaseId);

    /// <summary>Lease the key hangs on; 0 when none.</summary>
    long LeaseOf(ReadOnlySpan<byte> key);

    /// <summary>Hangs the key on a lease that exists. The book may keep <paramref name="key"/>; it never changes.</summary>
    /// <remarks>While the store is being rebuilt, a key may name a lease that is gone: the book ignores it then.</remarks>
    void Attach(long leaseId, ReadOnlyMemory<byte> key);

    /// <summary>Takes the key off the lease; an unknown lease or key is not an error.</summary>
    void Detach(long leaseId, ReadOnlyMemory<byte> key);
}
