using Etcd.Backup;
using Etcd.Disk;
using Etcd.Testing.SimulatedDisk;

using static Etcd.Server.Tests.Offline.OfflineDisk;

namespace Etcd.Server.Tests.Offline;

/// <summary>Power is cut, and the disk is full, while a snapshot is received: by <c>snapshot save</c> or <c>snapshot keep</c>.</summary>
public sealed class SnapshotFileTests
{
    [Fact]
    public void SnapshotFile_PowerIsCutAtEveryStep_NameHasTheOldSnapshotOrTheNew()
    {
        byte[] old = [1, 2, 3];
        int steps = CrashSweep.Run(
            () =>
            {
                var disk = new SimulatedFileSystem();
                Write(disk, "/saved.db", old);
                disk.SyncDirectory("/");
                return disk;
            },
            () => 0,
            (disk, _) => Receive(disk),
            (disk, _, point) =>
            {
                byte[] found = Read(disk, "/saved.db");
                Assert.True(found.AsSpan().SequenceEqual(SnapshotBytes) || (point.InTheMiddle && found.AsSpan().SequenceEqual(old)), $"{point}");
                Receive(disk);
                Assert.Equal(SnapshotBytes, Read(disk, "/saved.db"));
                Assert.Equal(["saved.db"], disk.List("/"));
            },
            draws: 4);

        Assert.True(steps > 5);
    }

    [Fact]
    public void SnapshotFile_DiskIsFullAtAnyPoint_KeepsTheOldSnapshotAndLeavesNothingElse()
    {
        for (int part = 0; part < 6; part++)
        {
            var disk = new SimulatedFileSystem();
            Write(disk, "/saved.db", [1, 2, 3]);
            disk.CapacityBytes = disk.UsedBytes + (SnapshotBytes.Length * part / 6);

            Assert.Throws<DiskFullException>(() => Receive(disk));

            Assert.Equal([1, 2, 3], Read(disk, "/saved.db"));
            Assert.Equal(["saved.db"], disk.List("/"));
            disk.CapacityBytes = long.MaxValue;
            Receive(disk);
            Assert.Equal(SnapshotBytes, Read(disk, "/saved.db"));
        }
    }

    /// <summary>What <c>snapshot save</c> and <c>snapshot keep</c> do with the pieces of a snapshot.</summary>
    private static void Receive(SimulatedFileSystem disk)
    {
        using var file = SnapshotFile.Create(disk, "/saved.db");
        foreach (byte[] piece in SnapshotBytes.Chunk(5000))
        {
            file.Content.Write(piece);
        }

        file.Keep();
    }
}
