using System.Buffers.Binary;

using Etcd.Testing.SimulatedDisk;

namespace Etcd.Bolt.Tests;

/// <summary>Power is lost before each disk operation of a run of commits that move nodes and cut the file: whatever is found is a
/// whole database with the same contents, and goes on from there.</summary>
public sealed class ReclaimCrashTests
{
    private const string FilePath = "/data/db";
    private const int Keys = 2400;
    private const int Commits = 16;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ReclaimSpace_PowerLostAtAnyStep_LeavesAWholeFile(bool storeFreelist)
    {
        BoltOptions options = new() { PageSizeBytes = 1024, StoreFreelist = storeFreelist, InitialMapBytes = 1 << 20 };
        int steps = CrashSweep.Run(
            () => Prepare(options),
            () => new Acknowledged(),
            (disk, acknowledged) =>
            {
                disk.BeforeOperation = operation => acknowledged.Cuts += operation.Kind == DiskOperationKind.SetLength ? 1 : 0;
                ReclaimAll(disk, options, acknowledged);
            },
            (disk, acknowledged, point) =>
            {
                AssertWhole(disk, options, acknowledged.Commit, point);
                Assert.True(point.InTheMiddle || acknowledged.Cuts >= 2, $"the file was cut only {acknowledged.Cuts} times");
            },
            draws: 3);

        Assert.True(steps > 4 * Commits, $"only {steps} steps");
    }

    // Pages go into places that the file has already: where nothing else can be written any more, space comes back all the same.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ReclaimSpace_DiskIsFull_GivesSpaceBack(bool storeFreelist)
    {
        BoltOptions options = new() { PageSizeBytes = 4096, StoreFreelist = storeFreelist, InitialMapBytes = 1 << 20 };
        SimulatedFileSystem disk = Prepare(options);
        long before = disk.UsedBytes;
        disk.CapacityBytes = before;

        using BoltDatabase database = BoltDatabase.Open(disk, FilePath, options);
        for (int commit = 1; commit <= 8 * Commits; commit++)
        {
            Reclaim(database, commit);
        }

        Assert.True(disk.UsedBytes <= before / 2, $"{disk.UsedBytes} of {before}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ReclaimSpace_NoRoomForAnyWrite_LeavesAWholeFile(bool storeFreelist)
    {
        BoltOptions options = new() { PageSizeBytes = 1024, StoreFreelist = storeFreelist, InitialMapBytes = 1 << 20 };

        int writes = FullDiskSweep.Run(
            () => Prepare(options),
            () => new Acknowledged(),
            (disk, acknowledged) => ReclaimAll(disk, options, acknowledged),
            (disk, acknowledged, point) => AssertWhole(disk, options, acknowledged.Commit, point));

        Assert.True(writes > 2 * Commits, $"only {writes} writes");
    }

    private static SimulatedFileSystem Prepare(BoltOptions options)
    {
        var disk = new SimulatedFileSystem { MappedBytesStable = 1 << 20 };
        disk.CreateDirectory("/data");
        disk.SyncDirectory("/");
        using BoltDatabase database = BoltDatabase.Open(disk, FilePath, options);
        Write(database, write =>
        {
            BoltBucket bucket = write.CreateBucketIfMissing("key"u8);
            for (int key = 0; key < Keys; key++)
            {
                bucket.Put(Key(key), Value(key));
            }
        });
        Write(database, write =>
        {
            for (int key = 0; key < Keys; key++)
            {
                Assert.True(IsKept(key) || write.Bucket("key"u8)!.Delete(Key(key)));
            }

            PutCommit(write, 0);
        });
        return disk;
    }

    private static void ReclaimAll(SimulatedFileSystem disk, BoltOptions options, Acknowledged acknowledged)
    {
        try
        {
            using BoltDatabase database = BoltDatabase.Open(disk, FilePath, options);
            for (int commit = 1; commit <= Commits; commit++)
            {
                Reclaim(database, commit);
                acknowledged.Commit = commit;
            }
        }
        catch (DatabaseWriteFailedException failure) when (failure.InnerException is PowerLostException lost)
        {
            throw lost;
        }
    }

    private static void AssertWhole(SimulatedFileSystem disk, BoltOptions options, int acknowledged, object point)
    {
        using BoltDatabase database = BoltDatabase.Open(disk, FilePath, options);
        int found = AssertContents(database, point);
        Assert.True(found == acknowledged || found == acknowledged + 1, $"version {found} after {acknowledged} commits: {point}");

        // The survivor goes on: what it takes for free must be so, and the file must still come down.
        for (int commit = found + 1; commit <= found + (2 * Commits); commit++)
        {
            Reclaim(database, commit);
        }

        AssertContents(database, point);
        Assert.True(database.SizeBytes <= database.LiveBytes * 5 / 4, $"{database.SizeBytes} for {database.LiveBytes}: {point}");
        Assert.True(database.FileBytes <= database.SizeBytes * 5 / 4, $"a file of {database.FileBytes} for {database.SizeBytes}: {point}");
    }

    private static int AssertContents(BoltDatabase database, object point)
    {
        Assert.Empty(database.Check());
        using BoltReadTransaction read = database.BeginRead();
        BoltCursor cursor = read.Bucket("key"u8)!.Cursor();
        bool isOnItem = cursor.MoveFirst();
        foreach (int key in Enumerable.Range(0, Keys).Where(IsKept))
        {
            Assert.True(isOnItem && cursor.Key.SequenceEqual(Key(key)), $"key {key} is lost: {point}");
            Assert.True(cursor.Value.SequenceEqual(Value(key)), $"key {key} is mixed: {point}");
            isOnItem = cursor.MoveNext();
        }

        Assert.False(isOnItem, $"more keys than there were: {point}");
        Assert.True(read.Bucket("meta"u8)!.TryGet("consistent_index"u8, out ReadOnlySpan<byte> index));
        return BitConverter.ToInt32(index);
    }

    private static void Reclaim(BoltDatabase database, int commit) => Write(database, write =>
    {
        PutCommit(write, commit);
        write.ReclaimSpace(database.LiveBytes * 11 / 10, bytesMax: 16 << 10);
    });

    private static void PutCommit(BoltWriteTransaction write, int commit) =>
        write.CreateBucketIfMissing("meta"u8).Put("consistent_index"u8.ToArray(), BitConverter.GetBytes(commit));

    private static void Write(BoltDatabase database, Action<BoltWriteTransaction> change)
    {
        using BoltWriteTransaction write = database.BeginWrite();
        change(write);
        write.Commit();
    }

    // One of six, and now and then a large one that takes several pages.
    private static bool IsKept(int key) => key % 6 == 0;

    private static byte[] Key(int number)
    {
        byte[] key = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(key, number);
        return key;
    }

    private static byte[] Value(int key) => [.. Enumerable.Repeat((byte)key, key % 90 == 0 ? 2500 : 60)];

    private sealed class Acknowledged
    {
        public int Commit { get; set; }

        public int Cuts { get; set; }
    }
}
