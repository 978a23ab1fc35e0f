using System.Security.Cryptography;

using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Mvcc;
using Etcd.Raft;
using Etcd.Server.Offline;
using Etcd.Testing.SimulatedDisk;
using Etcd.Wal;

namespace Etcd.Server.Tests.Offline;

public sealed class SnapshotRestoreTests
{
    private const string SnapshotPath = "/snapshot.db";

    private readonly SimulatedFileSystem _disk = new();
    private readonly List<OfflineNotice> _notices = [];

    public SnapshotRestoreTests() => WriteSnapshot(_disk);

    private static RestoreOptions Options => new() { SnapshotPath = SnapshotPath, DataDirectory = "/data", InitialMapBytes = 1 << 20 };

    [Fact]
    public void Run_SnapshotOfOneMember_MakesALogThatBeginsWithTheNewMembers()
    {
        Restore(Options with { InitialCluster = "default=http://localhost:2380,b=http://b:1" });

        IReadOnlyList<WalSnapshot> records = WriteAheadLog.ReadSnapshotRecords(_disk, "/data/member/wal");
        Snapshot? snapshot = new SnapshotStore(_disk, "/data/member/snap").LoadNewest(records);
        WriteAheadLog.Open(_disk, "/data/member/wal", WalSnapshot.None, new WalOptions(), out WalContents contents).Dispose();

        Assert.Equal(2UL, snapshot?.Metadata.Index);
        Assert.Equal(2, snapshot?.Metadata.ConfState.Voters.Count);
        Assert.Equal([1UL, 2], contents.Entries.Select(entry => entry.Index));
        Assert.All(contents.Entries, entry => Assert.Equal(EntryType.ConfChange, entry.Type));
        Assert.Equal(new HardState(1, snapshot!.Metadata.ConfState.Voters[0], 2), contents.HardState);
    }

    [Fact]
    public void Run_DatabaseOfTheOldCluster_KeepsItsKeysAndForgetsItsMembers()
    {
        Restore(Options);

        using BoltDatabase database = BoltDatabase.Open(_disk, "/data/member/snap/db", new BoltOptions { ReadOnly = true });
        using BoltReadTransaction transaction = database.BeginRead();
        Assert.True(transaction.Bucket("lease"u8)!.TryGet("kept"u8, out _));
        Assert.False(transaction.Bucket("members"u8)!.TryGet("old"u8, out _));
        Assert.True(transaction.Bucket("meta"u8)!.TryGet("consistent_index"u8, out ReadOnlySpan<byte> index));
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 1], index.ToArray());
    }

    [Fact]
    public void Run_BumpRevision_RaisesTheNewestAndMarksItForCompaction()
    {
        Restore(Options with { BumpRevision = 1000, MarkCompacted = true });

        using BoltDatabase database = BoltDatabase.Open(_disk, "/data/member/snap/db", new BoltOptions { ReadOnly = true });
        using BoltReadTransaction transaction = database.BeginRead();
        Assert.True(transaction.Bucket("meta"u8)!.TryGet("scheduledCompactRev"u8, out ReadOnlySpan<byte> mark));
        Assert.True(Revision.TryRead(mark, out Revision revision, out _));
        Assert.Equal(new Revision(1007, 0), revision);
        Assert.True(transaction.Bucket("key"u8)!.TryGet(mark, out ReadOnlySpan<byte> value));
        Assert.Equal(0, value.Length);
    }

    // The last record is older than the store where a deletion went with the compaction at it: raised from the record, the revision would not have risen at all.
    [Fact]
    public void Run_BumpRevisionOfACompactedStore_RaisesTheStoresRevision()
    {
        using (BoltDatabase database = BoltDatabase.Open(_disk, SnapshotPath, new BoltOptions()))
        {
            using BoltWriteTransaction transaction = database.BeginWrite();
            byte[] compacted = new byte[Revision.SizeBytes];
            new Revision(5000, 0).WriteTo(compacted);
            transaction.Bucket("meta"u8)!.Put("finishedCompactRev"u8.ToArray(), compacted);
            transaction.Commit();
        }

        Restore(Options with { SkipHashCheck = true, BumpRevision = 1000, MarkCompacted = true });

        Assert.Equal(6000, DatabaseFile.HashKv(_disk, "/data/member/snap/db", 0, null).CurrentRevision);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData((1UL << 63) - 1)]
    [InlineData((1UL << 63) - 1 - (1UL << 40) - 6)]
    public void Run_BumpRevisionLeavesNoRoomForRevisions_IsRefusedAndLeavesNothing(ulong bump)
    {
        OfflineException refused = Assert.Throws<OfflineException>(() => Restore(Options with { BumpRevision = bump, MarkCompacted = true }));

        Assert.StartsWith($"bump-revision {bump} is too large, the most is ", refused.Message, StringComparison.Ordinal);
        Assert.False(_disk.DirectoryExists("/data/member"));
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData((1UL << 63) - 1)]
    [InlineData(1UL << 48)]
    public void Run_MapIsLargerThanAddressSpace_IsRefusedBeforeAnythingIsWritten(ulong bytes)
    {
        int before = _disk.Steps;

        OfflineException refused = Assert.Throws<OfflineException>(() => Restore(Options with { InitialMapBytes = bytes }));

        Assert.Equal($"initial-memory-map-size {bytes} is too large, the most is {(1UL << 48) - 1} bytes", refused.Message);
        Assert.Equal(before, _disk.Steps);
    }

    [Fact]
    public void Run_ChecksumIsWrong_LeavesNothing()
    {
        DamageSnapshot();

        OfflineException refused = Assert.Throws<OfflineException>(() => Restore(Options));

        Assert.StartsWith("expected sha256 [", refused.Message, StringComparison.Ordinal);
        Assert.False(_disk.DirectoryExists("/data"));
    }

    [Theory]
    [InlineData("/a/b/data")]
    [InlineData("/a/b/data/")]
    [InlineData("/a/c/../b/data")]
    public void Run_ChecksumIsWrongAndParentsWereMissing_RemovesWhatWasMadeAndNothingElse(string dataDirectory)
    {
        _disk.CreateDirectory("/a");
        DamageSnapshot();

        Assert.Throws<OfflineException>(() => Restore(Options with { DataDirectory = dataDirectory }));

        Assert.True(_disk.DirectoryExists("/a"));
        Assert.Empty(_disk.List("/a"));
    }

    [Fact]
    public void Run_ChecksumIsWrongAndTheDirectoryWasThere_LeavesItEmpty()
    {
        _disk.CreateDirectory("/data");
        DamageSnapshot();

        Assert.Throws<OfflineException>(() => Restore(Options with { WalDirectory = "/log" }));

        Assert.Empty(_disk.List("/data"));
        Assert.False(_disk.DirectoryExists("/log"));
    }

    [Fact]
    public void Run_ChecksumIsWrongAndSkipped_Restores()
    {
        DamageSnapshot();

        Restore(Options with { SkipHashCheck = true });

        Assert.True(_disk.FileExists("/data/member/snap/db"));
    }

    // The database of a running member: pages of several commits would be copied, and nothing tells.
    [Fact]
    public void Run_DatabaseIsOpenElsewhere_IsRefusedBeforeAnythingIsWritten()
    {
        using BoltDatabase held = BoltDatabase.Open(_disk, SnapshotPath, new BoltOptions());
        int before = _disk.Steps;

        OfflineException refused = Assert.Throws<OfflineException>(() => Restore(Options with { SkipHashCheck = true }));

        Assert.Equal($"{SnapshotPath} is in use by another process", refused.Message);
        Assert.Equal(before, _disk.Steps);
    }

    // A service that comes up by itself while a large snapshot is being restored.
    [Fact]
    public void Run_MemberWasStartedOnTheDirectoryMeanwhile_LeavesItsFiles()
    {
        _disk.BeforeOperation = operation =>
        {
            if (operation is { Kind: DiskOperationKind.SyncDirectory, Path: "/data/member.restoring" })
            {
                _disk.BeforeOperation = null;
                _disk.CreateDirectory("/data/member/wal");
            }
        };

        Assert.ThrowsAny<IOException>(() => Restore(Options));

        Assert.Equal(["member"], _disk.List("/data"));
        Assert.Equal(["wal"], _disk.List("/data/member"));
    }

    [Fact]
    public void Run_ChecksumIsMissing_WritesNothing()
    {
        using (IFile file = _disk.Open(SnapshotPath, FileOpening.ReadWrite))
        {
            file.SetLength(file.Length - SHA256.HashSizeInBytes);
        }

        int before = _disk.Steps;
        OfflineException refused = Assert.Throws<OfflineException>(() => Restore(Options));

        Assert.Equal("snapshot missing hash but --skip-hash-check=false", refused.Message);
        Assert.Equal(before, _disk.Steps);
    }

    [Fact]
    public void Run_DiskFillsUp_RemovesWhatWasWritten()
    {
        _disk.CapacityBytes = _disk.UsedBytes + (1 << 20);

        Assert.Throws<DiskFullException>(() => Restore(Options));

        Assert.Empty(_disk.List("/data"));
    }

    [Fact]
    public void Run_FileIsNoDatabase_IsRefusedAndRemoved()
    {
        _disk.DeleteFile(SnapshotPath);
        using (IFile file = _disk.Open(SnapshotPath, FileOpening.CreateNew))
        {
            file.Write(new byte[16384], 0);
        }

        OfflineException refused = Assert.Throws<OfflineException>(() => Restore(Options with { SkipHashCheck = true }));

        Assert.Contains("is no database", refused.Message, StringComparison.Ordinal);
        Assert.Empty(_disk.List("/data"));
    }

    [Fact]
    public void Run_DataDirectoryHasSomethingInIt_IsRefused()
    {
        _disk.CreateDirectory("/data/precious");

        Assert.Throws<OfflineException>(() => Restore(Options));

        Assert.Equal(["precious"], _disk.List("/data"));
    }

    [Fact]
    public void Run_WalDirectoryExists_IsRefused()
    {
        _disk.CreateDirectory("/log");

        Assert.Throws<OfflineException>(() => Restore(Options with { WalDirectory = "/log" }));

        Assert.True(_disk.DirectoryExists("/log"));
    }

    [Theory]
    [InlineData("/data/member/wal")]
    [InlineData("/data/member/wal/")]
    [InlineData("/data/member/a/log")]
    [InlineData("/data/log")]
    public void Run_WalDirectoryIsInsideTheDataDirectory_PutsTheLogThere(string wal)
    {
        Restore(Options with { WalDirectory = wal });

        Assert.Single(WriteAheadLog.ReadSnapshotRecords(_disk, wal), record => record.Index == 1);
        Assert.True(_disk.FileExists("/data/member/snap/db"));
        Assert.DoesNotContain(_disk.List("/data"), name => name.EndsWith(".restoring", StringComparison.Ordinal));
    }

    // A restore that was cut short may have left its log there, and so may somebody else.
    [Fact]
    public void Run_WalDirectoryOfAnotherMemberBesideAnUnfinishedRestore_IsRefusedAndStays()
    {
        Restore(Options with { DataDirectory = "/other", WalDirectory = "/log", InitialClusterToken = "other" });
        _disk.CreateDirectory("/data/member.restoring");

        OfflineException refused = Assert.Throws<OfflineException>(() => Restore(Options with { WalDirectory = "/log" }));

        Assert.Equal("wal-dir \"/log\" exists", refused.Message);
        Assert.NotEmpty(WriteAheadLog.ReadSnapshotRecords(_disk, "/log"));
        Assert.False(_disk.DirectoryExists("/data/member"));
        Assert.False(_disk.DirectoryExists("/log.restoring"));
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(9, "9 B")]
    [InlineData(999, "999 B")]
    [InlineData(6144, "6.1 kB")]
    [InlineData(20480, "20 kB")]
    [InlineData(20512, "20 kB")]
    [InlineData(21512, "22 kB")]
    [InlineData(61440, "61 kB")]
    [InlineData(999_999, "1000 kB")]
    [InlineData(2_147_483_648, "2.1 GB")]
    public void ByteSize_AnySize_ReadsAsEtcdPrintsIt(long bytes, string expected) => Assert.Equal(expected, ByteSize.Format(bytes));

    /// <summary>Flips bits that no page of the database is in.</summary>
    private void DamageSnapshot()
    {
        using IFile file = _disk.Open(SnapshotPath, FileOpening.ReadWrite);
        byte[] last = new byte[1];
        long at = file.Length - SHA256.HashSizeInBytes - 1;
        file.Read(last, at);
        file.Write([(byte)(last[0] ^ 1)], at);
    }

    private static void WriteSnapshot(SimulatedFileSystem disk)
    {
        using (BoltDatabase database = BoltDatabase.Open(disk, SnapshotPath, new BoltOptions()))
        {
            using BoltWriteTransaction transaction = database.BeginWrite();
            byte[] revision = new byte[Revision.SizeBytes];
            new Revision(7, 0).WriteTo(revision);
            transaction.CreateBucketIfMissing("key"u8).Put(revision, "\n\u0001k"u8.ToArray());
            transaction.CreateBucketIfMissing("lease"u8).Put("kept"u8.ToArray(), "x"u8.ToArray());
            transaction.CreateBucketIfMissing("members"u8).Put("old"u8.ToArray(), "{}"u8.ToArray());
            transaction.CreateBucketIfMissing("members_removed"u8);
            transaction.CreateBucketIfMissing("meta"u8);
            transaction.Commit();
        }

        using IFile file = disk.Open(SnapshotPath, FileOpening.ReadWrite);
        byte[] content = new byte[file.Length];
        file.Read(content, 0);
        file.Write(SHA256.HashData(content), content.Length);
    }

    private void Restore(RestoreOptions options) => new SnapshotRestore(_disk, _notices.Add).Run(options);
}
