using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Mvcc;
using Etcd.Server.Bootstrap;
using Etcd.Server.Offline;
using Etcd.Server.Offline.Inspection;
using Etcd.Testing.SimulatedDisk;

using static Etcd.Server.Tests.Offline.OfflineDisk;

namespace Etcd.Server.Tests.Offline;

/// <summary>Power is cut, and the disk is full, while a stopped member's database is defragmented or migrated.</summary>
public sealed class DatabaseCrashTests
{
    [Fact]
    public void Defragment_PowerIsCutAtEveryStep_LeavesTheOldFileOrTheNew()
    {
        HashKvResult before = default;
        int steps = CrashSweep.Run(
            () =>
            {
                SimulatedFileSystem disk = NewDiskToDefragment();
                before = Hash(disk);
                return disk;
            },
            () => 0,
            (disk, _) => Unwrapped(() => Defragment(disk)),
            (disk, _, point) =>
            {
                Assert.Empty(DataDirectoryCheck.Run(disk, new DataDirectory("/forward", null), null).Findings);
                Assert.Equal(before, Hash(disk));
                Defragment(disk);
                Assert.Equal(before, Hash(disk));
                Assert.Equal(["db"], disk.List("/forward/member/snap").Where(name => name.StartsWith("db", StringComparison.Ordinal)));
            },
            draws: 1);

        Assert.True(steps > 10);
    }

    [Fact]
    public void Defragment_DiskIsFullAtAnyPoint_KeepsTheFileAndWorksOnceThereIsRoom()
    {
        int refused = 0;
        for (long room = 0; !TryDefragment(room); room += 8192)
        {
            refused++;
        }

        Assert.True(refused > 1, $"refused {refused} times");
    }

    /// <summary>Defragments with so much room.</summary>
    /// <returns><see langword="false"/> when the disk was full; the file was as before then, and with room it worked.</returns>
    private static bool TryDefragment(long roomBytes)
    {
        SimulatedFileSystem disk = NewDiskToDefragment();
        HashKvResult before = Hash(disk);
        disk.CapacityBytes = disk.UsedBytes + roomBytes;
        try
        {
            Defragment(disk);
            return true;
        }
        catch (OfflineException refused) when (refused.InnerException is DiskFullException)
        {
            Assert.Equal(before, Hash(disk));
            disk.CapacityBytes = long.MaxValue;
            Defragment(disk);
            Assert.Equal(before, Hash(disk));
            return false;
        }
    }

    // The new file has the name by then; which one a loss of power leaves nobody knows, and both hold the same.
    [Fact]
    public void Defragment_DirectoryCannotBeSynced_TellsWhatTheDiskSaid()
    {
        SimulatedFileSystem disk = NewDiskToDefragment();
        HashKvResult before = Hash(disk);
        bool hasName = false;
        disk.BeforeOperation = operation =>
        {
            hasName |= operation.Kind == DiskOperationKind.Rename;
            if (hasName && operation.Kind == DiskOperationKind.SyncDirectory)
            {
                throw new IOException("fsync /forward/member/snap: Input/output error");
            }
        };

        OfflineException failed = Assert.Throws<OfflineException>(() => Defragment(disk));

        Assert.Equal("fsync /forward/member/snap: Input/output error", failed.Message);
        disk.BeforeOperation = null;
        Assert.Equal(before, Hash(disk));
    }

    [Theory]
    [InlineData("3.6", "3.5")]
    [InlineData("3.5", "3.6")]
    public void Migrate_PowerIsCutAtEveryStep_LeavesEitherSchemaAndASecondTryWorks(string from, string to)
    {
        CrashSweep.Run(
            () =>
            {
                SimulatedFileSystem disk = NewDiskToMigrate();
                Migrate(disk, from);
                return disk;
            },
            () => 0,
            (disk, _) => Unwrapped(() => Migrate(disk, to)),
            (disk, _, point) =>
            {
                string now = SchemaOf(disk);
                Assert.True(now == to || (point.InTheMiddle && now == from), $"{point}: {now}");
                Assert.Empty(DataDirectoryCheck.Run(disk, new DataDirectory("/forward", null), null).Findings);
                Migrate(disk, to);
                Assert.Equal(to, SchemaOf(disk));
            },
            draws: 2);
    }

    [Fact]
    public void Migrate_WriteFails_KeepsTheSchemaAndASecondTryWorks()
    {
        SimulatedFileSystem disk = NewDiskToMigrate();
        disk.FailNext(DiskOperationKind.Write);

        Assert.ThrowsAny<IOException>(() => Migrate(disk, "3.6"));

        Assert.Equal("3.5", SchemaOf(disk));
        Assert.Empty(DataDirectoryCheck.Run(disk, new DataDirectory("/forward", null), null).Findings);
        Migrate(disk, "3.6");
        Assert.Equal("3.6", SchemaOf(disk));
    }

    /// <summary>The restored member of that log, with pages to give back: its values have been written twice.</summary>
    private static SimulatedFileSystem NewDiskToDefragment()
    {
        SimulatedFileSystem disk = NewDiskWithLog();
        Restore(disk, Forward(disk));
        using BoltDatabase database = BoltDatabase.Open(disk, "/forward/member/snap/db", new BoltOptions { InitialMapBytes = 1 << 20 });
        foreach (bool isAdded in new[] { true, false })
        {
            using BoltWriteTransaction transaction = database.BeginWrite();
            BoltBucket bucket = transaction.CreateBucketIfMissing("members_removed"u8.ToArray());
            for (int number = 0; number < 20; number++)
            {
                byte[] key = System.Text.Encoding.ASCII.GetBytes($"{number:x16}");
                if (isAdded)
                {
                    bucket.Put(key, new byte[3000]);
                }
                else
                {
                    bucket.Delete(key);
                }
            }

            transaction.Commit();
        }

        return disk;
    }

    private static void Defragment(SimulatedFileSystem disk) => DatabaseFile.Defragment(disk, "/forward", _ => { }, TimeProvider.System, null);

    private static HashKvResult Hash(SimulatedFileSystem disk) => DatabaseFile.HashKv(disk, "/forward/member/snap/db", 0, null);

    /// <summary>A member with what 3.5 writes: term and configuration beside the index.</summary>
    private static SimulatedFileSystem NewDiskToMigrate()
    {
        SimulatedFileSystem disk = NewDiskWithLog();
        Restore(disk, Forward(disk));
        using BoltDatabase database = BoltDatabase.Open(disk, "/forward/member/snap/db", new BoltOptions { InitialMapBytes = 1 << 20 });
        using BoltWriteTransaction transaction = database.BeginWrite();
        transaction.CreateBucketIfMissing("meta"u8.ToArray()).Put("confState"u8.ToArray(), "{}"u8.ToArray());
        transaction.Commit();
        return disk;
    }

    private static void Migrate(SimulatedFileSystem disk, string target) =>
        StorageVersion.Migrate(disk, new DataDirectory("/forward", null), target, force: false, null, _ => { });

    private static string SchemaOf(SimulatedFileSystem disk)
    {
        using BoltDatabase database = BoltDatabase.Open(disk, "/forward/member/snap/db", new BoltOptions { ReadOnly = true });
        using BoltReadTransaction transaction = database.BeginRead();
        return transaction.Bucket("meta"u8)!.TryGet("storageVersion"u8, out _) ? "3.6" : "3.5";
    }
}
