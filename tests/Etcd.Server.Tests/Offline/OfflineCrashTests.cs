using System.Security.Cryptography;

using Etcd.Backup;
using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Raft;
using Etcd.Server.Bootstrap;
using Etcd.Server.Offline;
using Etcd.Server.Offline.Inspection;
using Etcd.Server.Offline.Replay;
using Etcd.Testing.SimulatedDisk;
using Etcd.Wal;

using Google.Protobuf;

namespace Etcd.Server.Tests.Offline;

/// <summary>Power is cut, and the disk is full, at every step of offline work: the source stays as it was, and a second try works.</summary>
public sealed class OfflineCrashTests
{
    private const string SnapshotPath = "/snapshot.db";
    private static readonly byte[] SnapshotBytes = MakeSnapshot();

    private static RestoreOptions Options => new() { SnapshotPath = SnapshotPath, DataDirectory = "/data", InitialMapBytes = 1 << 20 };

    [Fact]
    public void Restore_PowerIsCutAtEveryStep_SecondTryWorks()
    {
        int steps = CrashSweep.Run(
            NewDisk,
            () => 0,
            (disk, _) => Restore(disk, Options),
            (disk, _, point) =>
            {
                if (disk.DirectoryExists("/data/member"))
                {
                    // The name comes last, so that what bears it is complete.
                    AssertRestored(disk);
                    return;
                }

                Assert.True(point.InTheMiddle);
                Restore(disk, Options);
                AssertRestored(disk);
            },
            draws: 2);

        Assert.True(steps > 20);
    }

    [Fact]
    public void Restore_DiskIsFullAtAnyPoint_LeavesNothingAndWorksOnceThereIsRoom()
    {
        long needed = NeededBytes(disk => Restore(disk, Options));
        for (int part = 1; part < 12; part++)
        {
            SimulatedFileSystem disk = NewDisk();
            disk.CapacityBytes = disk.UsedBytes + (needed * part / 12);

            Assert.ThrowsAny<IOException>(() => Restore(disk, Options));

            Assert.False(disk.DirectoryExists("/data") && disk.List("/data").Count > 0);
            Assert.Equal(SnapshotBytes, Read(disk, SnapshotPath));
            disk.CapacityBytes = long.MaxValue;
            Restore(disk, Options);
            AssertRestored(disk);
        }
    }

    [Fact]
    public void RollForward_PowerIsCutAtEveryStep_LogStaysAndSecondTryWorks()
    {
        int steps = CrashSweep.Run(
            NewDiskWithLog,
            () => 0,
            (disk, _) => Restore(disk, Forward(disk)),
            (disk, _, point) =>
            {
                if (!disk.DirectoryExists("/forward/member"))
                {
                    Assert.True(point.InTheMiddle);
                    Restore(disk, Forward(disk));
                }

                AssertRolledForward(disk);
            },
            draws: 1);

        Assert.True(steps > 30);
    }

    [Fact]
    public void RollForward_DiskIsFullAtAnyPoint_LeavesNothingAndWorksOnceThereIsRoom()
    {
        SimulatedFileSystem enough = NewDiskWithLog();
        long before = enough.UsedBytes;
        Restore(enough, Forward(enough));
        long needed = enough.UsedBytes - before;
        for (int part = 1; part < 12; part += 2)
        {
            SimulatedFileSystem disk = NewDiskWithLog();
            disk.CapacityBytes = disk.UsedBytes + (needed * part / 12);

            Assert.ThrowsAny<IOException>(() => Restore(disk, Forward(disk)));

            Assert.False(disk.DirectoryExists("/forward") && disk.List("/forward").Count > 0);
            Assert.Equal(SnapshotBytes, Read(disk, SnapshotPath));
            disk.CapacityBytes = long.MaxValue;
            Restore(disk, Forward(disk));
            AssertRolledForward(disk);
        }
    }

    [Fact]
    public void Backup_DiskIsFullAtAnyPoint_LeavesNothingAndTheSourceAsItWas()
    {
        long needed = NeededBytes(disk =>
        {
            Restore(disk, Options);
            Backup(disk);
        });
        for (int part = 7; part < 12; part++)
        {
            SimulatedFileSystem disk = NewDisk();
            Restore(disk, Options);
            byte[] before = Read(disk, "/data/member/snap/db");
            disk.CapacityBytes = Math.Max(disk.UsedBytes, needed * part / 12);

            Assert.ThrowsAny<IOException>(() => Backup(disk));

            Assert.Equal(before, Read(disk, "/data/member/snap/db"));
            Assert.False(disk.DirectoryExists("/backup/member"));
            disk.CapacityBytes = long.MaxValue;
            Backup(disk);
            Assert.False(DataDirectoryCheck.Run(disk, new DataDirectory("/backup", null), null).IsDamaged);
        }
    }

    // With a log directory of its own, the place where another member's log may stand is not the backup's.
    [Fact]
    public void Backup_DiskIsFullAndSomebodysLogStandsBesideIt_LeavesThatLog()
    {
        SimulatedFileSystem disk = NewDisk();
        Restore(disk, Options);
        disk.CreateDirectory("/backup/member/wal");
        Write(disk, "/backup/member/wal/0.wal", [1, 2, 3]);
        disk.CapacityBytes = disk.UsedBytes;

        Assert.ThrowsAny<IOException>(() => new MemberBackup(disk, _ => { }).Run(
            new MemberBackupOptions(new DataDirectory("/data", null), new DataDirectory("/backup", "/backup-wal"), WithDatabase: true)));

        Assert.Equal([1, 2, 3], Read(disk, "/backup/member/wal/0.wal"));
        Assert.False(disk.DirectoryExists("/backup/member/snap"));
    }

    [Fact]
    public void RepairOfALog_PowerIsCutAtEveryStep_TheCopyOrTheLogIsWhole()
    {
        var directory = new DataDirectory("/data", null);
        int steps = CrashSweep.Run(
            () =>
            {
                SimulatedFileSystem disk = NewDisk();
                Restore(disk, Options);
                DamageLog(disk);
                return disk;
            },
            () => 0,
            (disk, _) => LogRepair.Plan(disk, directory, null)!.Run(disk, directory, "/kept"),
            (disk, _, point) =>
            {
                LogRepair? again = LogRepair.Plan(disk, directory, null);
                Assert.True(point.InTheMiddle || again is null);
                again?.Run(disk, directory, "/kept-again");
                Assert.Null(LogRepair.Plan(disk, directory, null));
                Assert.True(disk.DirectoryExists(again is null ? "/kept" : "/kept-again"));
            },
            draws: 2);

        Assert.True(steps > 5);
    }

    [Fact]
    public void ChangeFile_PowerIsCutAtEveryStep_HoldsWhatWasAppendedAndGoesOn()
    {
        const string Changes = "/changes.log";
        CrashSweep.Run(
            () => new SimulatedFileSystem(),
            () => new List<long>(),
            (disk, appended) =>
            {
                using ChangeWriter writer = ChangeWriter.Create(disk, Changes, clusterId: 7, firstRevision: 2);
                for (long revision = 2; revision < 6; revision++)
                {
                    writer.Append(Put(revision));
                    appended.Add(revision);
                }
            },
            (disk, appended, _) =>
            {
                if (!disk.FileExists(Changes))
                {
                    Assert.Empty(appended);
                    return;
                }

                List<long> found = ReadAll(disk, Changes, out ChangeReader reader);
                Assert.Equal(appended, found.Take(appended.Count));
                using (ChangeWriter writer = ChangeWriter.Resume(disk, Changes, reader))
                {
                    writer.Append(Put(100));
                }

                reader.Dispose();
                Assert.Equal([.. found, 100], ReadAll(disk, Changes, out reader));
                reader.Dispose();
            },
            draws: 4);
    }

    [Fact]
    public void ChangeFile_AnyByteFlipped_IsNeverReadAsSomethingElse()
    {
        const string Changes = "/changes.log";
        var disk = new SimulatedFileSystem();
        using (ChangeWriter writer = ChangeWriter.Create(disk, Changes, clusterId: 7, firstRevision: 2))
        {
            for (long revision = 2; revision < 6; revision++)
            {
                writer.Append(Put(revision));
            }
        }

        byte[] whole = Read(disk, Changes);
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] flipped = [.. whole];
            flipped[at] ^= 0x41;
            Write(disk, Changes, flipped);
            try
            {
                List<long> found = ReadAll(disk, Changes, out ChangeReader reader);
                reader.Dispose();
                Assert.Equal(found.Count, found.Zip([2L, 3, 4, 5]).Count(pair => pair.First == pair.Second));
                Assert.True(found.Count < 4);
            }
            catch (DamagedBackupException damage)
            {
                // What is wrong in the head of the file shows in the checksum of the first record.
                const int HeadBytes = 24;
                Assert.InRange(damage.Offset, 0, Math.Max(at, HeadBytes));
            }
        }
    }

    private static List<long> ReadAll(SimulatedFileSystem disk, string path, out ChangeReader reader)
    {
        List<long> revisions = [];
        reader = ChangeReader.Open(disk, path);
        while (reader.Read() is { } record)
        {
            revisions.Add(record.Changes!.Header.Revision);
        }

        return revisions;
    }

    private static ChangeRecord Put(long revision) => new(DateTimeOffset.UnixEpoch)
    {
        Changes = new WatchResponse
        {
            Header = new ResponseHeader { Revision = revision },
            Events = { new Event { Kv = new KeyValue { Key = ByteString.CopyFromUtf8("k"), Value = ByteString.CopyFrom(new byte[700]), ModRevision = revision } } },
        },
    };

    private static void Restore(SimulatedFileSystem disk, RestoreOptions options) => new SnapshotRestore(disk, _ => { }).Run(options);

    private static RestoreOptions Forward(SimulatedFileSystem disk) =>
        Options with { DataDirectory = "/forward", RollForwardTo = LogPoint.At(disk, "/data/member/wal", null, TimeProvider.System) };

    /// <summary>A disk with a member whose log has put three keys.</summary>
    private static SimulatedFileSystem NewDiskWithLog()
    {
        SimulatedFileSystem disk = NewDisk();
        Restore(disk, Options);
        Snapshot begin = new SnapshotStore(disk, "/data/member/snap").LoadNewest(WriteAheadLog.ReadSnapshotRecords(disk, "/data/member/wal"))!;
        using WriteAheadLog log = WriteAheadLog.Open(
            disk,
            "/data/member/wal",
            new WalSnapshot(begin.Metadata.Index, begin.Metadata.Term, begin.Metadata.ConfState),
            new WalOptions(),
            out WalContents contents);
        Entry[] puts = [.. Enumerable.Range(1, 3).Select(number => new Entry(
            1, begin.Metadata.Index + (ulong)number, EntryType.Normal, new InternalRaftRequest
            {
                Header = new RequestHeader { ID = (ulong)number },
                Put = new PutRequest { Key = ByteString.CopyFromUtf8("k"), Value = ByteString.CopyFrom(new byte[5000]) },
            }.ToByteArray()))];
        log.Save(contents.HardState with { Commit = puts[^1].Index }, puts);
        return disk;
    }

    private static void AssertRolledForward(SimulatedFileSystem disk)
    {
        Assert.Empty(DataDirectoryCheck.Run(disk, new DataDirectory("/forward", null), null).Findings);
        Assert.Equal(4, DatabaseFile.HashKv(disk, "/forward/member/snap/db", 0, null).CurrentRevision);
    }

    private static void Backup(SimulatedFileSystem disk) => new MemberBackup(disk, _ => { }).Run(
        new MemberBackupOptions(new DataDirectory("/data", null), new DataDirectory("/backup", null), WithDatabase: true));

    private static void AssertRestored(SimulatedFileSystem disk) =>
        Assert.Empty(DataDirectoryCheck.Run(disk, new DataDirectory("/data", null), null).Findings);

    private static void DamageLog(SimulatedFileSystem disk)
    {
        string path = Path.Combine("/data/member/wal", disk.List("/data/member/wal").Single(name => name.EndsWith(".wal", StringComparison.Ordinal)));
        using IFile file = disk.Open(path, FileOpening.ReadWrite);
        file.Write([0xFF], 100);
        file.Sync();
    }

    private static SimulatedFileSystem NewDisk()
    {
        var disk = new SimulatedFileSystem();
        Write(disk, SnapshotPath, SnapshotBytes);
        disk.SyncDirectory("/");
        return disk;
    }

    private static long NeededBytes(Action<SimulatedFileSystem> work)
    {
        SimulatedFileSystem disk = NewDisk();
        long before = disk.UsedBytes;
        work(disk);
        return disk.UsedBytes - before;
    }

    private static void Write(SimulatedFileSystem disk, string path, byte[] bytes)
    {
        using IFile file = disk.Open(path, FileOpening.CreateOrReadWrite);
        file.SetLength(bytes.Length);
        file.Write(bytes, 0);
        file.Sync();
    }

    private static byte[] Read(SimulatedFileSystem disk, string path)
    {
        using IFile file = disk.Open(path, FileOpening.Read);
        byte[] bytes = new byte[file.Length];
        file.Read(bytes, 0);
        return bytes;
    }

    private static byte[] MakeSnapshot()
    {
        var disk = new SimulatedFileSystem();
        using (BoltDatabase database = BoltDatabase.Open(disk, "/made", new BoltOptions { InitialMapBytes = 1 << 20 }))
        {
            using BoltWriteTransaction transaction = database.BeginWrite();
            foreach (string name in new[] { "key", "meta", "members", "lease" })
            {
                transaction.CreateBucketIfMissing(System.Text.Encoding.ASCII.GetBytes(name));
            }

            transaction.Commit();
        }

        byte[] bytes = Read(disk, "/made");
        bytes = bytes[..(bytes.Length / 512 * 512)];
        return [.. bytes, .. SHA256.HashData(bytes)];
    }
}
