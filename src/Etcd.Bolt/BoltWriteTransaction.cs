using Etcd.Bolt.Pages;

namespace Etcd.Bolt;

/// <summary>The one transaction that changes the database. It sees its own changes; nobody else does before the commit.</summary>
/// <remarks>One thread at a time. Disposed without <see cref="Commit"/>, it changes nothing.</remarks>
public sealed class BoltWriteTransaction : BoltTransaction
{
    private readonly BoltDatabase _database;

    internal BoltWriteTransaction(BoltDatabase database, DatabaseVersion version, ulong id, PageAllocation allocation)
        : base(version)
    {
        _database = database;
        Id = id;
        Allocation = allocation;
    }

    /// <inheritdoc />
    public override ulong Id { get; }

    internal override bool IsWritable => true;

    internal PageAllocation Allocation { get; }

    /// <summary>The top-level bucket of that name, made if there is none.</summary>
    /// <exception cref="ArgumentException">The name is empty or longer than 32768 bytes.</exception>
    public BoltBucket CreateBucketIfMissing(ReadOnlySpan<byte> name) => TopLevel.CreateBucketIfMissing(name);

    /// <summary>Deletes a top-level bucket and all inside it.</summary>
    /// <returns>Whether it was there.</returns>
    public bool DeleteBucket(ReadOnlySpan<byte> name) => TopLevel.DeleteBucket(name);

    /// <summary>Makes the changes durable and visible to the transactions that begin afterwards. The transaction ends in any case.
    /// Without changes nothing is written.</summary>
    /// <exception cref="Etcd.Disk.DiskFullException">There is no room; the version before stays in force, and a later, smaller
    /// transaction may succeed.</exception>
    /// <exception cref="DatabaseWriteFailedException">The disk failed in a way that leaves in doubt what it holds; the version before
    /// stays readable.</exception>
    public void Commit()
    {
        ThrowIfEnded();
        try
        {
            if (TopLevel.IsChanged)
            {
                _database.Commit(this);
            }
        }
        finally
        {
            End();
        }
    }

    private protected override void Finish()
    {
        Allocation.Dispose();
        _database.EndWrite(this);
    }
}
