using Etcd.Disk;
using Etcd.Raft;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Wal.Tests;

public sealed class SnapshotStoreTests
{
    private const string Directory = "/member/snap";

    private readonly SimulatedFileSystem _disk = NewDisk();

    [Fact]
    public void LoadNewest_RecordOfTheNewestIsMissing_GivesTheOneBefore()
    {
        var store = new SnapshotStore(_disk, Directory);
        store.Save(Snapshot(10));
        store.Save(Snapshot(20));

        Snapshot? loaded = store.LoadNewest([new WalSnapshot(0, 0, null), new WalSnapshot(10, 2, null)]);

        Assert.Equal(10UL, loaded?.Metadata.Index);
        Assert.Equal(Snapshot(10).Data.ToArray(), loaded?.Data.ToArray());
        Assert.Equal(Snapshot(10).Metadata, loaded?.Metadata);
    }

    [Fact]
    public void LoadNewest_NoRecordAtAll_GivesNone()
    {
        var store = new SnapshotStore(_disk, Directory);
        store.Save(Snapshot(10));

        Assert.Null(store.LoadNewest([new WalSnapshot(10, 3, null)]));
        Assert.Empty(store.Broken);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(20)]
    public void LoadNewest_NewestCutShort_PutsItAsideAndGivesTheOneBefore(int length)
    {
        var store = new SnapshotStore(_disk, Directory);
        store.Save(Snapshot(10));
        store.Save(Snapshot(20));
        string newest = Path.Combine(Directory, "0000000000000002-0000000000000014.snap");
        using (IFile file = _disk.Open(newest, FileOpening.ReadWrite))
        {
            file.SetLength(length);
        }

        Snapshot? loaded = store.LoadNewest([new WalSnapshot(10, 2, null), new WalSnapshot(20, 2, null)]);

        Assert.Equal(10UL, loaded?.Metadata.Index);
        Assert.Equal(newest + ".broken", Assert.Single(store.Broken).Path);
        Assert.False(_disk.FileExists(newest));
        Assert.True(_disk.FileExists(newest + ".broken"));
    }

    [Fact]
    public void LoadNewest_AnyBitFlipped_NeverGivesAWrongSnapshot()
    {
        var store = new SnapshotStore(_disk, Directory);
        store.Save(Snapshot(20));
        string path = Path.Combine(Directory, "0000000000000002-0000000000000014.snap");
        byte[] content = Content(path);
        for (int bit = 0; bit < content.Length * 8; bit++)
        {
            content[bit / 8] ^= (byte)(1 << (bit % 8));
            SimulatedFileSystem disk = NewDisk();
            using (IFile file = disk.Open(path, FileOpening.CreateNew))
            {
                file.Write(content, 0);
            }

            Snapshot? loaded = new SnapshotStore(disk, Directory).LoadNewest([new WalSnapshot(20, 2, null)]);

            Assert.True(loaded is null || loaded.Data.Span.SequenceEqual(Snapshot(20).Data.Span), $"bit {bit}");
            content[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Save_PowerLossAtAnyStep_LeavesTheFileWholeOrAbsent() =>
        CrashSweep.Run(
            NewDisk,
            () => new List<ulong>(),
            (disk, saved) =>
            {
                var store = new SnapshotStore(disk, Directory);
                foreach (ulong index in new ulong[] { 10, 20 })
                {
                    store.Save(Snapshot(index, bytes: 3000));
                    saved.Add(index);
                }
            },
            (disk, saved, point) =>
            {
                var store = new SnapshotStore(disk, Directory);
                store.RemoveLeftovers();
                Snapshot? loaded = store.LoadNewest([new WalSnapshot(10, 2, null), new WalSnapshot(20, 2, null)]);
                Assert.True((loaded?.Metadata.Index ?? 0) >= saved.LastOrDefault(), $"{loaded?.Metadata} after {point}");
                Assert.Empty(store.Broken);
            },
            draws: 20);

    [Fact]
    public void Save_DiskFull_LeavesNothingBehind()
    {
        var store = new SnapshotStore(_disk, Directory);
        _disk.CapacityBytes = 4096;

        Assert.Throws<DiskFullException>(() => store.Save(Snapshot(10, bytes: 10_000)));

        Assert.Empty(_disk.List(Directory));
    }

    [Fact]
    public void RemoveLeftovers_UnfinishedFiles_AreDeletedAndOthersStay()
    {
        foreach (string name in new[] { "db", "db.tmp.123", "tmp456", "0000000000000002-000000000000000a.snap" })
        {
            _disk.Open(Path.Combine(Directory, name), FileOpening.CreateNew).Dispose();
        }

        new SnapshotStore(_disk, Directory).RemoveLeftovers();

        Assert.Equal(["0000000000000002-000000000000000a.snap", "db"], _disk.List(Directory));
    }

    [Fact]
    public async Task SaveDatabase_ReceivedWhole_IsFoundUnderItsIndexUntilALaterSnapshot()
    {
        var store = new SnapshotStore(_disk, Directory);
        byte[] content = LogSamples.Entry(1, bytes: 600_000).Data.ToArray();

        bool isNew = await store.SaveDatabaseAsync(new MemoryStream(content), 0x1F, Accept, TestContext.Current.CancellationToken);

        Assert.True(isNew);
        Assert.Equal("/member/snap/000000000000001f.snap.db", store.FindDatabase(0x1F));
        Assert.Equal(content, Content("/member/snap/000000000000001f.snap.db"));
        Assert.Empty(store.DeleteDatabasesBelow(0x1F));
        Assert.Equal(["/member/snap/000000000000001f.snap.db"], store.DeleteDatabasesBelow(0x20));
        Assert.Null(store.FindDatabase(0x1F));
    }

    [Fact]
    public async Task SaveDatabase_StreamBreaks_LeavesNothingBehind()
    {
        var store = new SnapshotStore(_disk, Directory);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => store.SaveDatabaseAsync(new MemoryStream(new byte[10]), 1, Accept, cancelled.Token));

        Assert.Empty(_disk.List(Directory));
    }

    [Fact]
    public async Task SaveDatabase_InspectionRefuses_LeavesNothingBehind()
    {
        var store = new SnapshotStore(_disk, Directory);

        await Assert.ThrowsAsync<InvalidDataException>(() => store.SaveDatabaseAsync(
            new MemoryStream(new byte[10]), 1, _ => throw new InvalidDataException(), TestContext.Current.CancellationToken));

        Assert.Empty(_disk.List(Directory));
    }

    [Fact]
    public async Task SaveDatabase_OneIsThereAlready_KeepsIt()
    {
        var store = new SnapshotStore(_disk, Directory);
        await store.SaveDatabaseAsync(new MemoryStream([1, 2]), 1, Accept, TestContext.Current.CancellationToken);

        Assert.False(await store.SaveDatabaseAsync(new MemoryStream([3, 4, 5]), 1, Accept, TestContext.Current.CancellationToken));

        Assert.Equal([1, 2], Content(store.FindDatabase(1)!));
        Assert.Single(_disk.List(Directory));
    }

    [Fact]
    public async Task SaveDatabase_OneIsThereOfAProcessKilledBeforeItsSync_IsDurableUnderItsNameAllTheSame()
    {
        _disk.SyncDirectory("/");
        _disk.SyncDirectory("/member");
        _disk.BeforeOperation = operation =>
        {
            if (operation.Kind == DiskOperationKind.SyncDirectory)
            {
                throw new IOException("killed");
            }
        };
        await Assert.ThrowsAsync<IOException>(() =>
            new SnapshotStore(_disk, Directory).SaveDatabaseAsync(new MemoryStream([1, 2]), 1, Accept, TestContext.Current.CancellationToken));
        SimulatedFileSystem left = _disk.AfterProcessKill();

        bool isNew = await new SnapshotStore(left, Directory).SaveDatabaseAsync(
            new MemoryStream([1, 2]), 1, Accept, TestContext.Current.CancellationToken);

        Assert.False(isNew);
        for (ulong seed = 0; seed < 20; seed++)
        {
            Assert.NotNull(new SnapshotStore(left.AfterPowerLoss(seed), Directory).FindDatabase(1));
        }
    }

    // Two leaders, one after the other, may send the snapshot at the same index. What has its name may be installed by then: it is opened by its name, renamed, and
    // written on. Were the name another file's in between, the member would write on in one that is gone.
    [Fact]
    public void SaveDatabase_TwoEndAtTheSameTime_OneGetsTheNameAndIsNotReplaced()
    {
        var disk = new MeetingDisk(_disk);
        var store = new SnapshotStore(disk, Directory);
        bool secondIsNew = false;
        var second = new Thread(() => secondIsNew = Save(store, [3, 4, 5]));
        disk.WhenAskedForAFile = () =>
        {
            second.Start();
            while (second.IsAlive && !second.ThreadState.HasFlag(ThreadState.WaitSleepJoin))
            {
                Thread.Yield();
            }
        };

        bool firstIsNew = Save(store, [1, 2]);
        second.Join();

        Assert.True(firstIsNew != secondIsNew, $"{firstIsNew}, {secondIsNew}");
        Assert.Equal(firstIsNew ? [1, 2] : [3, 4, 5], Content(store.FindDatabase(1)!));
        Assert.Single(_disk.List(Directory));
    }

    [Fact]
    public void SaveDatabase_PowerLostAtAnyStep_LeavesAWholeFileUnderItsNameOrNone()
    {
        byte[] content = LogSamples.Entry(1, bytes: 300_000).Data.ToArray();

        int steps = CrashSweep.Run(
            () => new SimulatedFileSystem(),
            () => 0,
            (disk, _) =>
            {
                disk.CreateDirectory(Directory);
                disk.SyncDirectory("/");
                disk.SyncDirectory("/member");

                Save(new SnapshotStore(disk, Directory), content);
            },
            (disk, _, point) =>
            {
                string? found = disk.DirectoryExists(Directory) ? new SnapshotStore(disk, Directory).FindDatabase(1) : null;
                Assert.True(point.InTheMiddle || found is not null);
                if (found is not null)
                {
                    using IFile file = disk.Open(found, FileOpening.Read);
                    byte[] bytes = new byte[file.Length];
                    file.Read(bytes, 0);
                    Assert.Equal(content, bytes);
                }
            },
            draws: 3);

        Assert.True(steps > 5);
    }

    [Theory]
    [InlineData(3, new[] { "a.wal", "b.wal" })]
    [InlineData(5, new string[0])]
    [InlineData(0, new string[0])]
    public void PurgeOnce_MoreThanKept_DeletesTheOldest(int kept, string[] deleted)
    {
        foreach (string name in new[] { "a.wal", "b.wal", "c.wal", "d.wal", "e.wal", "a.snap" })
        {
            _disk.Open(Path.Combine(Directory, name), FileOpening.CreateNew).Dispose();
        }

        IReadOnlyList<string> found = new FilePurger(_disk, Directory, ".wal", kept).PurgeOnce();

        Assert.Equal(deleted.Select(name => Path.Combine(Directory, name)), found);
        Assert.True(_disk.FileExists("/member/snap/a.snap"));
    }

    [Fact]
    public void PurgeOnce_OneOfTheOldestIsNeeded_KeepsItAndAllNewerOnes()
    {
        foreach (string name in new[] { "a.wal", "b.wal", "c.wal", "d.wal" })
        {
            _disk.Open(Path.Combine(Directory, name), FileOpening.CreateNew).Dispose();
        }

        IReadOnlyList<string> found = new FilePurger(_disk, Directory, ".wal", kept: 1, static name => name == "b.wal").PurgeOnce();

        Assert.Equal(["/member/snap/a.wal"], found);
    }

    [Theory]
    [InlineData("0000000000000002-00000000000000ff.snap", true, 255)]
    [InlineData("00000000000000ff.snap", false, 0)]
    [InlineData("0000000000000002-00000000000000ff.snap.db", false, 0)]
    [InlineData("0000000000000002-00000000000000fg.snap", false, 0)]
    public void TryReadIndex_NameOfASnapshotFileOrOfAnother_TellsItsIndexOrNothing(string name, bool isSnapshot, int index)
    {
        Assert.Equal(isSnapshot, SnapshotStore.TryReadIndex(name, out ulong found));
        Assert.Equal((ulong)index, found);
    }

    private static SimulatedFileSystem NewDisk()
    {
        var disk = new SimulatedFileSystem();
        disk.CreateDirectory(Directory);
        disk.SyncDirectory("/");
        disk.SyncDirectory("/member");
        return disk;
    }

    private static Snapshot Snapshot(ulong index, int bytes = 50) =>
        new(new SnapshotMetadata(index, 2, LogSamples.OneVoter), LogSamples.Entry(index, bytes: bytes).Data);

#pragma warning disable xUnit1031 // over a stream in memory it completes before it returns
    private static bool Save(SnapshotStore store, byte[] content) =>
        store.SaveDatabaseAsync(new MemoryStream(content), 1, Accept, CancellationToken.None).GetAwaiter().GetResult();
#pragma warning restore xUnit1031

    private static void Accept(string path)
    {
    }

    private byte[] Content(string path)
    {
        using IFile file = _disk.Open(path, FileOpening.Read);
        byte[] bytes = new byte[file.Length];
        file.Read(bytes, 0);
        return bytes;
    }
}
