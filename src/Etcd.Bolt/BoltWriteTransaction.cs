using Etcd.Bolt.Pages;
using Etcd.Bolt.Tree;

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

    /// <summary>What the commit moves; <see langword="null"/> when nothing.</summary>
    internal PageMoves? Moves { get; private set; }

    /// <summary>Page at which the commit may end the database; <see langword="null"/> to leave the end where it is.</summary>
    internal ulong? EndTarget { get; private set; }

    /// <summary>Bytes of the nodes that the commit moved for <see cref="ReclaimSpace"/>.</summary>
    public long MovedBytes => (Moves?.MovedPages ?? 0) * Version.Meta.PageSizeBytes;

    /// <summary>The top-level bucket of that name, made if there is none.</summary>
    /// <exception cref="ArgumentException">The name is empty or longer than 32768 bytes.</exception>
    public BoltBucket CreateBucketIfMissing(ReadOnlySpan<byte> name) => TopLevel.CreateBucketIfMissing(name);

    /// <summary>Deletes a top-level bucket and all inside it.</summary>
    /// <returns>Whether it was there.</returns>
    public bool DeleteBucket(ReadOnlySpan<byte> name) => TopLevel.DeleteBucket(name);

    /// <summary>Lets the commit make the database smaller: nodes that lie beyond <paramref name="targetBytes"/> are written to free pages
    /// further to the front, free pages at the end are given up, and the file is cut as far as no reader and no meta on the disk
    /// speaks of its end. Called once, as the last change, since a node that is changed afterwards is not moved.</summary>
    /// <param name="targetBytes">Size that the database need not fall below.</param>
    /// <param name="bytesMax">Bytes to write for it, beside what the changes take; the last node that is moved may exceed it. With 0
    /// nothing is moved.</param>
    /// <returns>Bytes that the commit will write for it, at most. A transaction without changes writes nothing if this is 0.</returns>
    /// <remarks>A node moves only where it fits into neighbouring free pages. What it leaves is free for later transactions when no older
    /// version is read any more, so that it takes several commits until the file is shorter.</remarks>
    /// <exception cref="InvalidOperationException">It was called before in this transaction.</exception>
    /// <exception cref="CorruptDatabaseException">The file is damaged.</exception>
    public long ReclaimSpace(long targetBytes, long bytesMax)
    {
        ThrowIfEnded();
        if (EndTarget is not null)
        {
            throw new InvalidOperationException("space is reclaimed once in a transaction");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(targetBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(bytesMax);
        long pageSize = Version.Meta.PageSizeBytes;
        EndTarget = (ulong)((targetBytes + pageSize - 1) / pageSize);
        Moves = new PageMoves(Version.Pages, Allocation);
        return pageSize * _database.PlanMoves(this, EndTarget.Value, (bytesMax + pageSize - 1) / pageSize);
    }

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
