using Etcd.Testing.SimulatedDisk;

namespace Etcd.Disk.Tests;

/// <summary>The simulated disk must be at least as cruel as a real one, or the crash tests that rest on it prove nothing.</summary>
public sealed class SimulatedFileSystemTests
{
    private const int Draws = 300;

    private readonly SimulatedFileSystem _disk = new();

    [Fact]
    public void AfterPowerLoss_SyncedFileInSyncedDirectory_IsThereWhateverTheSeed()
    {
        using IFile file = CreateDurably("/d/a", "synced"u8);

        Assert.All(Outcomes(), outcome => Assert.Equal("synced"u8, Content(outcome, "/d/a")));
    }

    [Fact]
    public void AfterPowerLoss_SyncedFileInUnsyncedDirectory_MayBeGone()
    {
        _disk.CreateDirectory("/d");
        _disk.SyncDirectory("/");
        using IFile file = _disk.Open("/d/a", FileOpening.CreateNew);
        file.Write("synced"u8, 0);
        file.Sync();

        SimulatedFileSystem[] outcomes = Outcomes();

        Assert.Contains(outcomes, outcome => outcome.FileExists("/d/a"));
        Assert.Contains(outcomes, outcome => !outcome.FileExists("/d/a"));
    }

    [Fact]
    public void AfterPowerLoss_UnsyncedSectors_AreKeptLostAndTornIndependently()
    {
        using IFile file = CreateDurably("/d/a", new byte[4 * 512]);
        file.Write(Filled(4 * 512, 1), 0);

        byte[][] outcomes = [.. Outcomes().Select(outcome => Content(outcome, "/d/a"))];

        Assert.Contains(outcomes, content => content.All(b => b == 1));
        Assert.Contains(outcomes, content => content.All(b => b == 0));
        Assert.Contains(outcomes, content => content[0] == 0 && content[1024] == 1);
        Assert.Contains(outcomes, content => content[0] == 1 && content[511] == 0);
    }

    [Fact]
    public void AfterPowerLoss_WholeSectorRules_NeverTearASector()
    {
        using IFile file = CreateDurably("/d/a", new byte[2 * 512]);
        file.Write(Filled(2 * 512, 1), 0);

        Assert.All(Seeds(), seed =>
        {
            byte[] content = Content(_disk.AfterPowerLoss(seed, CrashRules.WholeSectors), "/d/a");
            Assert.Equal(content[0], content[511]);
            Assert.Equal(content[512], content[1023]);
        });
    }

    [Fact]
    public void AfterPowerLoss_SectorWrittenTwice_MayHoldTheVersionBetween()
    {
        using IFile file = CreateDurably("/d/a", Filled(512, 1));
        file.Write(Filled(512, 2), 0);
        file.Write(Filled(512, 3), 0);

        byte[] firstBytes = [.. Outcomes().Select(outcome => Content(outcome, "/d/a")[0]).Distinct().Order()];

        Assert.Equal([1, 2, 3], firstBytes);
    }

    [Fact]
    public void AfterPowerLoss_UnsyncedGrowth_MayLeaveLengthWithoutBytes()
    {
        using IFile file = CreateDurably("/d/a", Filled(512, 1));
        file.Write(Filled(512, 2), 512);

        byte[][] outcomes = [.. Outcomes().Select(outcome => Content(outcome, "/d/a"))];

        Assert.Contains(outcomes, content => content.Length == 512);
        Assert.Contains(outcomes, content => content.Length == 1024 && content[512] == 0);
        Assert.Contains(outcomes, content => content.Length == 1024 && content[512] == 2);
    }

    [Fact]
    public void AfterPowerLoss_TruncationSynced_LeavesZerosWhereTheFileGrowsAgain()
    {
        using IFile file = CreateDurably("/d/a", Filled(2048, 1));
        file.SetLength(100);
        file.SetLength(2048);
        file.Sync();

        Assert.All(Outcomes(), outcome => Assert.True(Content(outcome, "/d/a").AsSpan(100).IndexOfAnyExcept((byte)0) < 0));
    }

    [Fact]
    public void AfterPowerLoss_UnsyncedRename_LeavesOneOfTheTwoNames()
    {
        using IFile file = CreateDurably("/d/a", "content"u8);
        _disk.Rename("/d/a", "/d/b");

        SimulatedFileSystem[] outcomes = Outcomes();

        Assert.All(outcomes, outcome => Assert.NotEqual(outcome.FileExists("/d/a"), outcome.FileExists("/d/b")));
        Assert.Equal(2, outcomes.Select(outcome => outcome.FileExists("/d/a")).Distinct().Count());
    }

    [Fact]
    public void WriteDurably_BesideAnUnsyncedWrite_SavesOnlyItself()
    {
        using IFile file = CreateDurably("/d/a", new byte[1024]);
        file.Write(Filled(512, 1), 512);
        file.WriteDurably(Filled(512, 2), 0);

        byte[][] outcomes = [.. Outcomes().Select(outcome => Content(outcome, "/d/a"))];

        Assert.All(outcomes, content => Assert.Equal(2, content[511]));
        Assert.Contains(outcomes, content => content[1023] == 0);
    }

    [Fact]
    public void AfterPowerLoss_SameSeed_GivesTheSameDisk()
    {
        using IFile file = CreateDurably("/d/a", new byte[4096]);
        file.Write(Filled(4096, 7), 0);

        Assert.All(Seeds(), seed =>
            Assert.Equal(Content(_disk.AfterPowerLoss(seed), "/d/a"), Content(_disk.AfterPowerLoss(seed), "/d/a")));
    }

    [Fact]
    public void AfterPowerLoss_OriginalGoesOn_DoesNotChangeTheClone()
    {
        using IFile file = CreateDurably("/d/a", Filled(512, 1));
        SimulatedFileSystem clone = _disk.AfterPowerLoss(1);
        file.Write(Filled(512, 2), 0);
        file.Sync();

        Assert.Equal(1, Content(clone, "/d/a")[0]);
        Assert.Equal(1, Content(clone.AfterPowerLoss(2), "/d/a")[0]);
    }

    [Fact]
    public void AfterProcessKill_UnsyncedWritesAndNames_AreThereAndLocksAreGone()
    {
        _disk.CreateDirectory("/d");
        using IFile file = _disk.Open("/d/a", FileOpening.CreateNew);
        Assert.True(file.TryLock(FileLock.OpenFileDescription));
        file.Write("unsynced"u8, 0);

        SimulatedFileSystem left = _disk.AfterProcessKill();
        using IFile reopened = left.Open("/d/a", FileOpening.ReadWrite);

        Assert.Equal("unsynced"u8, Content(left, "/d/a"));
        Assert.True(reopened.TryLock(FileLock.OpenFileDescription));
    }

    // The system keeps what a killed process has written, in its memory: a loss of power still takes it away.
    [Fact]
    public void AfterProcessKill_PowerLostBeforeASync_LosesWhatTheKilledProcessHadNotSynced()
    {
        using IFile file = CreateDurably("/d/a", "old"u8);
        file.Write("new"u8, 0);
        _disk.Rename("/d/a", "/d/b");

        SimulatedFileSystem left = _disk.AfterProcessKill();
        SimulatedFileSystem[] outcomes = [.. Seeds().Select(seed => left.AfterPowerLoss(seed))];

        Assert.Equal("new"u8, Content(left, "/d/b"));
        Assert.Contains(outcomes, outcome => outcome.FileExists("/d/a") && Content(outcome, "/d/a").AsSpan().SequenceEqual("old"u8));
        Assert.Contains(outcomes, outcome => outcome.FileExists("/d/b") && Content(outcome, "/d/b").AsSpan().SequenceEqual("new"u8));

        using IFile reopened = left.Open("/d/b", FileOpening.ReadWrite);
        reopened.Sync();
        left.SyncDirectory("/d");
        Assert.All(Seeds(), seed => Assert.Equal("new"u8, Content(left.AfterPowerLoss(seed), "/d/b")));
        Assert.Equal("new"u8, Content(_disk, "/d/b"));
    }

    [Fact]
    public void PowerLossAtStep_OperationAndAllAfterIt_DoNothing()
    {
        using IFile file = CreateDurably("/d/a", "old"u8);
        _disk.PowerLossAtStep = _disk.Steps + 2;

        file.Write("new"u8, 0);
        Assert.Throws<PowerLostException>(file.Sync);
        Assert.Throws<PowerLostException>(() => file.Read(new byte[1], 0));
        Assert.Throws<PowerLostException>(() => _disk.DeleteFile("/d/a"));

        Assert.Contains(Outcomes(), outcome => Content(outcome, "/d/a").AsSpan().SequenceEqual("old"u8));
    }

    [Fact]
    public void FailNext_Sync_LaterSyncDoesNotSaveWhatTheFailedOneLost()
    {
        bool lost = false;
        foreach (ulong seed in Seeds())
        {
            var disk = new SimulatedFileSystem(seed);
            using IFile file = disk.Open("/a", FileOpening.CreateNew);
            disk.SyncDirectory("/");
            file.Write(Filled(512, 1), 0);
            disk.FailNext(DiskOperationKind.Sync, "/a");

            Assert.Throws<IOException>(file.SyncData);
            file.SyncData();

            Assert.Equal(Filled(512, 1), Content(disk, "/a"));
            lost |= Content(disk.AfterPowerLoss(1), "/a").Length == 0;
        }

        Assert.True(lost);
    }

    [Fact]
    public void FailNext_WriteWithSkip_StrikesTheChosenOneAndLeavesHalfOfItsSectors()
    {
        using IFile file = CreateDurably("/d/a", []);
        _disk.FailNext(DiskOperationKind.Write, "/d/a", skip: 1);

        file.Write(Filled(512, 1), 0);
        Assert.Throws<IOException>(() => file.Write(Filled(1024, 2), 512));
        file.Write(Filled(1, 3), 1024);

        Assert.Equal([.. Filled(512, 1), .. Filled(512, 2), 3], Content(_disk, "/d/a"));
    }

    [Fact]
    public void Explains_WhatTheDiskDid_AndNothingElse()
    {
        using IFile file = CreateDurably("/d/a", []);
        _disk.FailNext(DiskOperationKind.Write, "/d/a");
        IOException struck = Assert.Throws<IOException>(() => file.Write(Filled(1, 1), 0));

        Assert.True(_disk.Explains(struck));
        Assert.True(_disk.Explains(new InvalidOperationException("ended", new AggregateException(new IOException("the log failed before", struck)))));
        Assert.True(_disk.Explains(new InvalidOperationException("ended", new DiskFullException("/d/a"))));
        Assert.False(_disk.Explains(new IOException(struck.Message)));
        Assert.False(_disk.Explains(new InvalidOperationException("the log has a gap")));
        Assert.False(_disk.AfterProcessKill().Explains(struck));
    }

    [Fact]
    public void Write_BeyondCapacity_WritesWhatFitsAndReportsAFullDisk()
    {
        using IFile file = CreateDurably("/d/a", Filled(4096, 1));
        _disk.CapacityBytes = 8192;

        Assert.Throws<DiskFullException>(() => file.Write(Filled(8192, 2), 4096));
        Assert.Throws<DiskFullException>(() => file.Preallocate(12288));
        file.SetLength(1 << 20);

        Assert.Equal(8192, _disk.UsedBytes);
        Assert.Equal(2, Content(_disk, "/d/a")[8191]);
    }

    [Fact]
    public void Map_FileGrowsAfterwards_ShowsLaterWritesAndRefusesWhatLiesBeyond()
    {
        using IFile file = CreateDurably("/d/a", new byte[4096]);
        using IFileMap map = file.Map(1 << 20);
        ReadOnlyMemory<byte> early = map.SliceMemory(0, 4096);

        file.SetLength(64 << 10);
        file.Write("late"u8, 10);

        Assert.True(early.Span.Slice(10, 4).SequenceEqual("late"u8));
        Assert.Throws<InvalidOperationException>(() => map.Slice(64 << 10, 1).Length);
        map.Dispose();
        Assert.Throws<ObjectDisposedException>(() => early.Span.Length);
    }

    [Fact]
    public void TryLock_FlockAndOpenFileDescriptionLocks_AreApartAsOnLinux()
    {
        using IFile first = CreateDurably("/d/a", []);
        using IFile second = _disk.Open("/d/a", FileOpening.ReadWrite);

        Assert.True(first.TryLock(FileLock.FlockShared));
        Assert.True(second.TryLock(FileLock.FlockShared));
        Assert.False(second.TryLock(FileLock.FlockExclusive));
        Assert.True(second.TryLock(FileLock.OpenFileDescription));
        Assert.False(first.TryLock(FileLock.OpenFileDescription));
        second.Dispose();
        Assert.True(first.TryLock(FileLock.FlockExclusive));
    }

    [Fact]
    public void CrashSweep_RenameWithoutDirectorySync_IsFoundOut()
    {
        bool foundLoss = false;
        int steps = CrashSweep.Run(
            () =>
            {
                var disk = new SimulatedFileSystem();
                disk.CreateDirectory("/d");
                disk.SyncDirectory("/");
                return disk;
            },
            () => new List<string>(),
            (disk, done) =>
            {
                using IFile file = disk.Open("/d/a.tmp", FileOpening.CreateNew);
                file.Write("x"u8, 0);
                file.Sync();
                disk.Rename("/d/a.tmp", "/d/a");
                done.Add("a");
            },
            (disk, done, _) => foundLoss |= done.Count == 1 && !disk.FileExists("/d/a"),
            draws: 10);

        Assert.Equal(4, steps);
        Assert.True(foundLoss);
    }

    private static byte[] Filled(int length, byte value)
    {
        byte[] bytes = new byte[length];
        Array.Fill(bytes, value);
        return bytes;
    }

    private static byte[] Content(IFileSystem disk, string path)
    {
        using IFile file = disk.Open(path, FileOpening.Read);
        byte[] bytes = new byte[file.Length];
        Assert.Equal(bytes.Length, file.Read(bytes, 0));
        return bytes;
    }

    private static IEnumerable<ulong> Seeds() => Enumerable.Range(0, Draws).Select(seed => (ulong)seed);

    private SimulatedFileSystem[] Outcomes() => [.. Seeds().Select(seed => _disk.AfterPowerLoss(seed))];

    private IFile CreateDurably(string path, ReadOnlySpan<byte> content)
    {
        string directory = Path.GetDirectoryName(path)!;
        _disk.CreateDirectory(directory);
        _disk.SyncDirectory(Path.GetDirectoryName(directory)!);
        IFile file = _disk.Open(path, FileOpening.CreateNew);
        file.Write(content, 0);
        file.Sync();
        _disk.SyncDirectory(directory);
        return file;
    }
}
