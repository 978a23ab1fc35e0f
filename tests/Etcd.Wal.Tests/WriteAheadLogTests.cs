using Etcd.Disk;
using Etcd.Raft;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Wal.Tests;

public sealed class WriteAheadLogTests
{
    private const string Directory = "/member/wal";

    private readonly SimulatedFileSystem _disk = new();

    [Fact]
    public void Create_FirstSegment_BeginsAsEtcdBeginsIt()
    {
        Create().Dispose();

        byte[] content = Content("0000000000000000-0000000000000000.wal");

        // On-disk formats, C.2: the first frame of any log. Then metadata and the snapshot record {0, 0}.
        Assert.Equal("0400000000000084" + "0804100000000000", Convert.ToHexStringLower(content[..16]));
        Assert.Equal(RecordTypes(content), [4, 1, 5]);
        Assert.Equal(LogSamples.SmallSegments.SegmentBytes, content.Length);
        Assert.Equal(["0000000000000000-0000000000000000.wal"], _disk.List(Directory));
    }

    [Fact]
    public void Create_DirectoryWithSomethingInIt_IsRefused()
    {
        Create().Dispose();

        Assert.Throws<IOException>(() => Create());
    }

    [Fact]
    public void Create_DirectoryExistsAndIsEmpty_UsesIt()
    {
        _disk.CreateDirectory(Directory);

        Create().Dispose();

        Assert.True(WriteAheadLog.Exists(_disk, Directory));
    }

    [Fact]
    public void Open_AfterSave_GivesMetadataStateAndEntries()
    {
        Entry[] entries = LogSamples.Entries(1, 5);
        using (WriteAheadLog log = Create())
        {
            log.Save(new HardState(1, 7, 0), entries);
            log.Save(new HardState(1, 7, 5), []);
        }

        using WriteAheadLog reopened = Open(out WalContents contents);

        Assert.Equal(LogSamples.Metadata.ToArray(), contents.Metadata.ToArray());
        Assert.Equal(new HardState(1, 7, 5), contents.HardState);
        LogSamples.AssertSame(entries, contents.Entries);
        Assert.Null(contents.TornTail);
        Assert.Equal(5UL, reopened.LastIndex);
    }

    [Fact]
    public void Open_EntriesOverwrittenFromAnIndexOn_GivesTheLaterOnes()
    {
        using (WriteAheadLog log = Create())
        {
            log.Save(default, LogSamples.Entries(1, 10));
            log.Save(default, LogSamples.Entries(4, 2, term: 2));
        }

        using WriteAheadLog reopened = Open(out WalContents contents);

        LogSamples.AssertSame([.. LogSamples.Entries(1, 3), .. LogSamples.Entries(4, 2, term: 2)], contents.Entries);
    }

    [Fact]
    public void Write_EntryThatLeavesAGap_IsRefused()
    {
        using WriteAheadLog log = Create();
        log.Save(default, LogSamples.Entries(1, 2));

        Assert.Throws<ArgumentException>(() => log.Write(default, LogSamples.Entries(4, 1)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4095)]
    [InlineData(300_000)]
    [InlineData(3_000_000)]
    public void Open_EntryOfAnySize_ComesBack(int bytes)
    {
        var options = new WalOptions { SegmentBytes = 1 << 20 };
        Entry[] entries = [LogSamples.Entry(1, bytes: bytes), LogSamples.Entry(2, bytes: bytes), LogSamples.Entry(3, bytes: 7)];
        using (WriteAheadLog log = WriteAheadLog.Create(_disk, Directory, LogSamples.Metadata, options))
        {
            log.Save(default, entries);
        }

        using WriteAheadLog reopened = WriteAheadLog.Open(_disk, Directory, WalSnapshot.None, options, out WalContents contents);

        LogSamples.AssertSame(entries, contents.Entries);
    }

    [Fact]
    public void Save_SegmentIsFull_NextWriteGoesOnInANewOneWithTheSameChain()
    {
        using (WriteAheadLog log = Create())
        {
            for (ulong index = 1; index <= 400; index++)
            {
                log.Save(new HardState(1, 7, index - 1), LogSamples.Entries(index, 1));
            }
        }

        IReadOnlyList<string> names = _disk.List(Directory);
        using WriteAheadLog reopened = Open(out WalContents contents);

        Assert.True(names.Count >= 4, string.Join(' ', names));
        Assert.StartsWith("0000000000000001-", names[1], StringComparison.Ordinal);
        LogSamples.AssertSame(LogSamples.Entries(1, 400), contents.Entries);
        Assert.Equal(399UL, contents.HardState.Commit);
    }

    [Fact]
    public void Open_AtASnapshot_ReadsOnlyTheSegmentsNeededAndWhatFollows()
    {
        using (WriteAheadLog log = Create())
        {
            SaveUpTo(log, 1, 200);
            log.SaveSnapshot(new WalSnapshot(200, 1, LogSamples.OneVoter));
            SaveUpTo(log, 201, 400);
        }

        _disk.DeleteFile(Path.Combine(Directory, "0000000000000000-0000000000000000.wal"));
        using WriteAheadLog reopened = WriteAheadLog.Open(
            _disk, Directory, new WalSnapshot(200, 1, null), LogSamples.SmallSegments, out WalContents contents);

        LogSamples.AssertSame(LogSamples.Entries(201, 200), contents.Entries);
    }

    // A follower had entries of an old leader that were never committed; then a snapshot of the new one replaced its log.
    [Fact]
    public void Open_AtAReceivedSnapshot_EntriesWrittenBeforeItDoNotComeBack()
    {
        using (WriteAheadLog log = Create())
        {
            SaveUpTo(log, 1, 100);
            log.SaveSnapshot(new WalSnapshot(95, 3, LogSamples.OneVoter));
            log.Save(new HardState(3, 0, 95), [LogSamples.Entry(96, term: 3)]);
        }

        using WriteAheadLog reopened = WriteAheadLog.Open(
            _disk, Directory, new WalSnapshot(95, 3, null), LogSamples.SmallSegments, out WalContents contents);

        LogSamples.AssertSame([LogSamples.Entry(96, term: 3)], contents.Entries);
    }

    [Fact]
    public void Open_AtAReceivedSnapshotNothingFollows_HasNoEntries()
    {
        using (WriteAheadLog log = Create())
        {
            SaveUpTo(log, 1, 100);
            log.SaveSnapshot(new WalSnapshot(95, 3, LogSamples.OneVoter));
            log.Save(new HardState(3, 0, 95), []);
        }

        using WriteAheadLog reopened = WriteAheadLog.Open(
            _disk, Directory, new WalSnapshot(95, 3, null), LogSamples.SmallSegments, out WalContents contents);

        Assert.Empty(contents.Entries);
        Assert.Equal(95UL, reopened.LastIndex);
    }

    [Fact]
    public void Open_AtASnapshotOfTheLogsOwnEntries_KeepsWhatFollowsIt()
    {
        using (WriteAheadLog log = Create())
        {
            SaveUpTo(log, 1, 100);
            log.SaveSnapshot(new WalSnapshot(95, 1, LogSamples.OneVoter));
        }

        using WriteAheadLog reopened = WriteAheadLog.Open(
            _disk, Directory, new WalSnapshot(95, 1, null), LogSamples.SmallSegments, out WalContents contents);

        LogSamples.AssertSame(LogSamples.Entries(96, 5), contents.Entries);
    }

    [Theory]
    [InlineData(5, 2, 1UL)]
    [InlineData(4, 1, null)]
    public void Open_AtASnapshotTheLogHasNoRecordOf_IsRefused(ulong index, ulong term, ulong? foundTerm)
    {
        using (WriteAheadLog log = Create())
        {
            SaveUpTo(log, 1, 10);
            log.SaveSnapshot(new WalSnapshot(5, 1, LogSamples.OneVoter));
        }

        WalSnapshotMissingException refused = Assert.Throws<WalSnapshotMissingException>(
            () => WriteAheadLog.Open(_disk, Directory, new WalSnapshot(index, term, null), LogSamples.SmallSegments, out _));

        Assert.Equal(foundTerm, refused.FoundTerm);
    }

    [Fact]
    public void Open_NoSegmentReachesBackThatFar_IsRefused()
    {
        using (WriteAheadLog log = Create())
        {
            SaveUpTo(log, 1, 200);
        }

        _disk.DeleteFile(Path.Combine(Directory, "0000000000000000-0000000000000000.wal"));

        Assert.Throws<FileNotFoundException>(() => Open(out _));
    }

    [Fact]
    public void Open_SegmentInTheMiddleIsMissing_IsRefusedByName()
    {
        using (WriteAheadLog log = Create())
        {
            SaveUpTo(log, 1, 400);
        }

        _disk.DeleteFile(Path.Combine(Directory, _disk.List(Directory)[1]));
        CorruptWalException refused = Assert.Throws<CorruptWalException>(() => Open(out _));

        Assert.Contains("segment 0000000000000001 before it is missing", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WhileAnotherHasIt_IsRefused()
    {
        using WriteAheadLog log = Create();

        Assert.Throws<WalLockedException>(() => Open(out _));
    }

    [Fact]
    public void Open_AfterOpenForAppending_GoesOnWithTheChain()
    {
        Create().Dispose();
        for (ulong index = 1; index <= 30; index++)
        {
            using WriteAheadLog log = Open(out WalContents contents);
            Assert.Equal((int)index - 1, contents.Entries.Count);
            log.Save(default, LogSamples.Entries(index, 1));
        }

        using WriteAheadLog reopened = Open(out WalContents all);
        LogSamples.AssertSame(LogSamples.Entries(1, 30), all.Entries);
    }

    [Fact]
    public void Save_CommitIndexAlone_DoesNotTouchTheDisk()
    {
        using WriteAheadLog log = Create();
        log.Save(new HardState(1, 7, 0), LogSamples.Entries(1, 1));
        int steps = _disk.Steps;

        log.Save(new HardState(1, 7, 1), []);

        Assert.Equal(steps, _disk.Steps);
    }

    [Fact]
    public void Save_OneEntry_IsOneDurableWrite()
    {
        using WriteAheadLog log = Create();
        List<DiskOperation> operations = [];
        _disk.BeforeOperation = operations.Add;

        log.Save(default, LogSamples.Entries(1, 1));

        // A durable write shows as its two halves.
        Assert.Equal([DiskOperationKind.Write, DiskOperationKind.Sync], operations.Select(operation => operation.Kind));
    }

    [Theory]
    [InlineData(2, 7)]
    [InlineData(1, 8)]
    public void Save_TermOrVoteChanges_IsDurable(ulong term, ulong vote)
    {
        using WriteAheadLog log = Create();
        log.Save(new HardState(1, 7, 0), []);
        log.Save(new HardState(term, vote, 0), []);

        using WriteAheadLog survivor = Open(_disk.AfterPowerLoss(1), out WalContents contents);

        Assert.Equal(new HardState(term, vote, 0), contents.HardState);
    }

    [Fact]
    public void Sync_AfterSeveralWrites_CoversAllOfThemOnce()
    {
        using WriteAheadLog log = Create();
        List<DiskOperation> operations = [];
        _disk.BeforeOperation = operations.Add;

        log.Write(default, LogSamples.Entries(1, 3));
        log.Write(default, LogSamples.Entries(4, 3));
        log.Sync();

        Assert.Single(operations, operation => operation.Kind == DiskOperationKind.Sync);
        using WriteAheadLog survivor = Open(_disk.AfterPowerLoss(1), out WalContents contents);
        LogSamples.AssertSame(LogSamples.Entries(1, 6), contents.Entries);
    }

    [Fact]
    public void PrepareAhead_SegmentIsHalfFull_MakesTheNextOneReadyAndCutUsesIt()
    {
        using WriteAheadLog log = Create();
        SaveUpTo(log, 1, 90);
        while (log.PrepareAhead())
        {
        }

        Assert.Contains("1.tmp", _disk.List(Directory));
        SaveUpTo(log, 91, 200);

        Assert.DoesNotContain("1.tmp", _disk.List(Directory));
        Assert.Contains(_disk.List(Directory), name => name.StartsWith("0000000000000001-", StringComparison.Ordinal));
    }

    // What is left of the segment has its blocks already: a member that dies of a full disk half a segment early could have served until somebody made room.
    [Fact]
    public void PrepareAhead_DiskIsFull_GoesOnToTheSegmentsEndAndThenNeedsRoom()
    {
        using (WriteAheadLog log = Create())
        {
            SaveUpTo(log, 1, 60);
            _disk.CapacityBytes = _disk.UsedBytes + 8192;
            while (log.PrepareAhead())
            {
            }

            Assert.DoesNotContain("1.tmp", _disk.List(Directory));
            SaveUpTo(log, 61, 90);
            Assert.False(log.NeedsPreparation);

            _disk.CapacityBytes = long.MaxValue;
            SaveUpTo(log, 91, 300);
            while (log.PrepareAhead())
            {
            }
        }

        using WriteAheadLog reopened = Open(out WalContents contents);
        LogSamples.AssertSame(LogSamples.Entries(1, 300), contents.Entries);
        Assert.True(_disk.List(Directory).Count > 1);
    }

    [Fact]
    public void PrepareAhead_SegmentIsFull_MovesOn()
    {
        using WriteAheadLog log = Create();
        log.Save(default, LogSamples.Entries(1, 1, bytes: 20_000));

        Assert.True(log.PrepareAhead());

        Assert.Contains("0000000000000001-0000000000000002.wal", _disk.List(Directory));
    }

    [Fact]
    public void Dispose_NextSegmentWasReady_RemovesIt()
    {
        using (WriteAheadLog log = Create())
        {
            SaveUpTo(log, 1, 90);
            while (log.PrepareAhead())
            {
            }
        }

        Assert.All(_disk.List(Directory), name => Assert.EndsWith(".wal", name, StringComparison.Ordinal));
    }

    // Mode 0711 above the log: names in it can be used, and not synced.
    [Fact]
    public void Open_DirectoryAboveCannotBeOpened_GoesOn()
    {
        Create().Dispose();
        _disk.BeforeOperation = operation =>
        {
            if (operation is { Kind: DiskOperationKind.SyncDirectory, Path: "/member" })
            {
                throw new UnauthorizedAccessException("open /member: Permission denied");
            }
        };

        using WriteAheadLog log = Open(out _);

        log.Save(default, LogSamples.Entries(1, 1));
    }

    [Fact]
    public void Open_LeftoverOfAPreparedSegment_IsRemoved()
    {
        Create().Dispose();
        _disk.Open(Path.Combine(Directory, "1.tmp"), FileOpening.CreateNew).Dispose();

        Open(out _).Dispose();

        Assert.DoesNotContain("1.tmp", _disk.List(Directory));
    }

    [Fact]
    public void ReleaseLocksUpTo_SnapshotIndex_LetsOlderSegmentsBePurgedAndNoMore()
    {
        using WriteAheadLog log = Create();
        SaveUpTo(log, 1, 400);
        IReadOnlyList<string> before = _disk.List(Directory);
        var purger = new FilePurger(_disk, Directory, ".wal", kept: 1);

        Assert.Empty(purger.PurgeOnce());
        log.ReleaseLocksUpTo(200);
        purger.PurgeOnce();

        // The segment that holds entry 200 stays, with all later ones.
        string holding = before.Last(name => Convert.ToUInt64(name[17..33], 16) < 200);
        Assert.Equal(before.SkipWhile(name => name != holding), _disk.List(Directory));
    }

    // Found by the simulation (seed 9932 of its day): the commit index in the log was behind what the backend had applied, so the record of a snapshot of it did
    // not count at the next restart; older snapshots were purged by then.
    [Fact]
    public void SaveAppliedSnapshot_CommitIndexBehindIt_CountsAtTheNextRestart()
    {
        using (WriteAheadLog log = Create())
        {
            log.Save(new HardState(1, 7, 10), LogSamples.Entries(1, 20));
            log.SaveAppliedSnapshot(new WalSnapshot(15, 1, LogSamples.OneVoter));
            log.SaveAppliedSnapshot(new WalSnapshot(12, 1, LogSamples.OneVoter));
        }

        SimulatedFileSystem crashed = _disk.AfterPowerLoss(1);
        Assert.Equal([0UL, 15UL, 12UL], WriteAheadLog.ReadSnapshotRecords(crashed, Directory).Select(record => record.Index));
        using WriteAheadLog reopened = WriteAheadLog.Open(
            crashed, Directory, new WalSnapshot(15, 1, LogSamples.OneVoter), new WalOptions(), out WalContents contents);
        Assert.Equal(new HardState(1, 7, 15), contents.HardState);
    }

    [Fact]
    public void ReadSnapshotRecords_RecordsBeyondTheCommitIndex_AreLeftOut()
    {
        using (WriteAheadLog log = Create())
        {
            log.Save(new HardState(1, 7, 10), LogSamples.Entries(1, 20));
            log.SaveSnapshot(new WalSnapshot(10, 1, LogSamples.OneVoter));
            log.SaveSnapshot(new WalSnapshot(15, 1, LogSamples.OneVoter));
        }

        IReadOnlyList<WalSnapshot> records = WriteAheadLog.ReadSnapshotRecords(_disk, Directory);

        Assert.Equal([new WalSnapshot(0, 0, null), new WalSnapshot(10, 1, LogSamples.OneVoter)], records);
    }

    // Incident #14370 in another form: what a failed sync lost must not be acknowledged by the next one.
    [Fact]
    public void Save_AfterAFailedSync_IsRefusedUntilReopened()
    {
        using WriteAheadLog log = Create();
        _disk.FailNext(DiskOperationKind.Sync, ".wal");

        Assert.Throws<IOException>(() => log.Save(default, LogSamples.Entries(1, 1)));
        IOException refused = Assert.Throws<IOException>(() => log.Save(default, LogSamples.Entries(1, 1)));

        Assert.Contains("failed before", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Save_DiskIsFullAtTheCut_FailsAndLosesNothing()
    {
        using (WriteAheadLog log = Create())
        {
            _disk.CapacityBytes = _disk.UsedBytes + 8192;
            Assert.Throws<DiskFullException>(() => SaveUpTo(log, 1, 400));
        }

        _disk.CapacityBytes = long.MaxValue;
        using WriteAheadLog reopened = Open(out WalContents contents);
        Assert.True(contents.Entries.Count > 100);
        LogSamples.AssertSame(LogSamples.Entries(1, contents.Entries.Count), contents.Entries);
    }

    /// <summary>Types of the records, by lengths alone; each begins with the tag of its type.</summary>
    private static IEnumerable<int> RecordTypes(byte[] content)
    {
        for (int at = 0; content[at] != 0; at += 8 + ((content[at] + 7) / 8 * 8))
        {
            yield return content[at + 9];
        }
    }

    private static void SaveUpTo(WriteAheadLog log, ulong first, ulong last)
    {
        for (ulong index = first; index <= last; index++)
        {
            log.Save(new HardState(1, 7, index), LogSamples.Entries(index, 1));
        }
    }

    private static WriteAheadLog Open(IFileSystem disk, out WalContents contents) =>
        WriteAheadLog.Open(disk, Directory, WalSnapshot.None, LogSamples.SmallSegments, out contents);

    private WriteAheadLog Create() => WriteAheadLog.Create(_disk, Directory, LogSamples.Metadata, LogSamples.SmallSegments);

    private WriteAheadLog Open(out WalContents contents) => Open(_disk, out contents);

    private byte[] Content(string name)
    {
        using IFile file = _disk.Open(Path.Combine(Directory, name), FileOpening.Read);
        byte[] bytes = new byte[file.Length];
        file.Read(bytes, 0);
        return bytes;
    }
}
