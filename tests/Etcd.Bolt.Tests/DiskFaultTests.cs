using Etcd.Disk;
using Etcd.Testing.SimulatedDisk;

using static Etcd.Bolt.Tests.TestDatabase;

namespace Etcd.Bolt.Tests;

/// <summary>Writes that fail, syncs that fail, a disk that is full.</summary>
public sealed class DiskFaultTests : IDisposable
{
    private readonly SimulatedFileSystem _disk = new();
    private BoltDatabase _database;

    public DiskFaultTests()
    {
        _database = BoltDatabase.Open(_disk, "/db", new BoltOptions());
        Put("old", 100);
    }

    public void Dispose() => _database.Dispose();

    [Theory]
    [InlineData(DiskOperationKind.Write)]
    [InlineData(DiskOperationKind.SetLength)]
    public void Commit_WriteFails_KeepsTheVersionBeforeAndGoesOn(DiskOperationKind kind)
    {
        _disk.FailNext(kind, "db");

        Assert.ThrowsAny<IOException>(() => Put("new", 100_000));

        AssertHolds("old");
        Put("newer", 100_000);
        AssertHolds("old", "newer");
    }

    [Fact]
    public void Commit_DiskFull_KeepsTheVersionBeforeAndGoesOnWhenThereIsRoom()
    {
        _disk.CapacityBytes = _disk.UsedBytes + 8192;

        Assert.Throws<DiskFullException>(() => Put("new", 100_000));

        AssertHolds("old");
        Put("small", 10);
        AssertHolds("old", "small");
        _disk.CapacityBytes = long.MaxValue;
        Put("new", 100_000);
        AssertHolds("new", "old", "small");
    }

    // A sync that failed is never tried again: the kernel would report success for pages it has dropped.
    [Fact]
    public void Commit_SyncFails_RefusesFurtherWritesAndGoesOnReading()
    {
        _disk.FailNext(DiskOperationKind.Sync, "db");

        Assert.Throws<DatabaseWriteFailedException>(() => Put("new", 100));

        Assert.Throws<DatabaseWriteFailedException>(() => _database.BeginWrite());
        AssertHolds("old");
        Reopen();
        AssertHolds("old");
        Put("newer", 100);
        AssertHolds("newer", "old");
    }

    [Theory]
    [InlineData(DiskOperationKind.Write)]
    [InlineData(DiskOperationKind.Sync)]
    public void Commit_MetaCannotBeWritten_RefusesFurtherWritesAndGoesOnReading(DiskOperationKind kind)
    {
        bool pagesAreSynced = false;
        _disk.BeforeOperation = operation =>
        {
            if (pagesAreSynced && operation.Kind == kind)
            {
                throw new IOException("injected");
            }

            pagesAreSynced |= operation.Kind == DiskOperationKind.Sync;
        };

        Assert.Throws<DatabaseWriteFailedException>(() => Put("new", 100));

        _disk.BeforeOperation = null;
        Assert.Throws<DatabaseWriteFailedException>(() => _database.BeginWrite());
        AssertHolds("old");
        Reopen();
        Assert.Empty(_database.Check());
        Put("newer", 100);
        using BoltReadTransaction read = _database.BeginRead();
        Assert.True(read.Bucket("b"u8)!.TryGet("old"u8, out _));
        Assert.True(read.Bucket("b"u8)!.TryGet("newer"u8, out _));
    }

    private void Put(string key, int valueBytes)
    {
        using BoltWriteTransaction write = _database.BeginWrite();
        write.CreateBucketIfMissing("b"u8).Put(Bytes(key), new byte[valueBytes]);
        write.Commit();
    }

    private void Reopen()
    {
        _database.Dispose();
        _database = BoltDatabase.Open(_disk, "/db", new BoltOptions());
    }

    private void AssertHolds(params string[] keys)
    {
        Assert.Empty(_database.Check());
        using BoltReadTransaction read = _database.BeginRead();
        BoltCursor cursor = read.Bucket("b"u8)!.Cursor();
        List<string> found = [];
        for (bool isOnItem = cursor.MoveFirst(); isOnItem; isOnItem = cursor.MoveNext())
        {
            found.Add(System.Text.Encoding.UTF8.GetString(cursor.Key));
        }

        Assert.Equal(keys.Order(StringComparer.Ordinal), found);
    }
}
