using Etcd.Disk;
using Etcd.Raft;
using Etcd.Testing.SimulatedDisk;
using Etcd.Wal.Inspection;

namespace Etcd.Wal.Tests;

/// <summary>Reading a saved log from an index on, up to what is known to be committed.</summary>
public sealed class CommittedEntriesTests
{
    private const string Directory = "/saved";

    private readonly SimulatedFileSystem _disk = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(57)]
    [InlineData(199)]
    [InlineData(200)]
    public void Read_FromAnyIndex_GivesTheEntriesBehindIt(ulong after)
    {
        Entry[] entries = LogSamples.Entries(1, 200, bytes: 700);
        WriteInSegments(entries, commit: 200);

        using CommittedEntries log = CommittedEntries.Open(_disk, Directory, after);

        LogSamples.AssertSame(entries[(int)after..], ReadAll(log));
        Assert.Equal(LogSamples.Metadata.ToArray(), log.Metadata.ToArray());
        Assert.Equal(after == 0 ? 0UL : 1, log.TermBefore);
        Assert.Empty(log.Uncommitted);
    }

    [Fact]
    public void Read_EarlierSegmentsWereNotSaved_BeginsAtTheFirstThatIsThere()
    {
        Entry[] entries = LogSamples.Entries(1, 200, bytes: 700);
        WriteInSegments(entries, commit: 200);
        ulong first = DeleteFirstSegments(2);

        using CommittedEntries log = CommittedEntries.Open(_disk, Directory, first - 1);

        LogSamples.AssertSame(entries[(int)(first - 1)..], ReadAll(log));
    }

    [Fact]
    public void Open_LogBeginsBehindTheNextEntry_NamesTheGap()
    {
        WriteInSegments(LogSamples.Entries(1, 200, bytes: 700), commit: 200);
        ulong first = DeleteFirstSegments(2);

        LogGapException gap = Assert.Throws<LogGapException>(() => CommittedEntries.Open(_disk, Directory, first - 2));

        Assert.Equal((first - 1, first), (gap.MissingIndex, gap.NextIndex));
    }

    [Fact]
    public void Open_SegmentInBetweenIsMissing_IsRefused()
    {
        WriteInSegments(LogSamples.Entries(1, 200, bytes: 700), commit: 200);
        _disk.DeleteFile(Path.Combine(Directory, _disk.List(Directory)[2]));

        Assert.Throws<CorruptWalException>(() => CommittedEntries.Open(_disk, Directory, 1));
    }

    [Fact]
    public void Read_EntriesBehindTheCommitIndex_AreKeptApart()
    {
        Entry[] entries = LogSamples.Entries(1, 10);
        WriteInSegments(entries, commit: 7);

        using CommittedEntries log = CommittedEntries.Open(_disk, Directory, 2);

        LogSamples.AssertSame(entries[2..7], ReadAll(log));
        LogSamples.AssertSame(entries[7..], log.Uncommitted);
    }

    // Raft paper, section 5.3: a follower's conflicting entries give way to the leader's.
    [Fact]
    public void Read_UncommittedEntriesWereReplaced_GivesTheirReplacements()
    {
        Entry[] kept = LogSamples.Entries(1, 5);
        Entry[] replaced = LogSamples.Entries(6, 4);
        Entry[] others = LogSamples.Entries(6, 2, term: 2);
        using (WriteAheadLog log = Create())
        {
            log.Save(new HardState(1, 7, 4), [.. kept, .. replaced]);
            log.Save(new HardState(2, 7, 5), others);
            log.Save(new HardState(2, 7, 7), []);
        }

        using CommittedEntries read = CommittedEntries.Open(_disk, Directory, 0);

        LogSamples.AssertSame([.. kept, .. others], ReadAll(read));
        Assert.Empty(read.Uncommitted);
    }

    // What a follower has logged behind its commit index need not be what the leader's snapshot stands for.
    [Fact]
    public void Read_MemberWasSentASnapshot_StopsBeforeTheGap()
    {
        Entry[] before = LogSamples.Entries(1, 5);
        Entry[] behind = LogSamples.Entries(21, 3, term: 2);
        using (WriteAheadLog log = Create())
        {
            log.Save(new HardState(1, 7, 3), before);
            log.SaveSnapshot(new WalSnapshot(20, 2, LogSamples.OneVoter));
            log.Save(new HardState(2, 7, 23), behind);
        }

        using CommittedEntries early = CommittedEntries.Open(_disk, Directory, 1);
        using CommittedEntries late = CommittedEntries.Open(_disk, Directory, 20);
        List<Entry> found = [];
        LogGapException gap = Assert.Throws<LogGapException>(() => ReadAll(early, found));

        LogSamples.AssertSame(before[1..3], found);
        Assert.Equal((4UL, 21UL), (gap.MissingIndex, gap.NextIndex));
        LogSamples.AssertSame(behind, ReadAll(late));
        Assert.Equal(2UL, late.TermBefore);
    }

    [Fact]
    public void Read_AByteInTheMiddleIsFlipped_NamesTheSegmentAndOffset()
    {
        WriteInSegments(LogSamples.Entries(1, 200, bytes: 700), commit: 200);
        string path = Path.Combine(Directory, _disk.List(Directory)[1]);
        using (IFile file = _disk.Open(path, FileOpening.ReadWrite))
        {
            byte[] one = new byte[1];
            file.Read(one, 3000);
            one[0] ^= 1;
            file.Write(one, 3000);
        }

        using CommittedEntries log = CommittedEntries.Open(_disk, Directory, 0);
        CorruptWalException damage = Assert.Throws<CorruptWalException>(() => ReadAll(log));

        Assert.Equal(path, damage.Path);
        Assert.InRange(damage.Offset, 1, 3000);
    }

    private WriteAheadLog Create() => WriteAheadLog.Create(_disk, Directory, LogSamples.Metadata, LogSamples.SmallSegments);

    private void WriteInSegments(Entry[] entries, ulong commit)
    {
        using WriteAheadLog log = Create();
        foreach (Entry[] some in entries.Chunk(5))
        {
            log.Save(new HardState(1, 7, Math.Min(commit, some[0].Index - 1)), some);
        }

        log.Save(new HardState(1, 7, commit), []);
    }

    /// <returns>Index of the first entry that is left.</returns>
    private ulong DeleteFirstSegments(int count)
    {
        foreach (string name in _disk.List(Directory).Take(count).ToArray())
        {
            _disk.DeleteFile(Path.Combine(Directory, name));
        }

        return Convert.ToUInt64(_disk.List(Directory)[0].Split('-', '.')[1], 16);
    }

    private static List<Entry> ReadAll(CommittedEntries log) => ReadAll(log, []);

    private static List<Entry> ReadAll(CommittedEntries log, List<Entry> found)
    {
        while (log.TryRead(out Entry entry))
        {
            found.Add(entry);
        }

        return found;
    }
}
