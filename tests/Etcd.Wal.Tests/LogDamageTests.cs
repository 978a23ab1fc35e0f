using System.Buffers.Binary;

using Etcd.Disk;
using Etcd.Raft;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Wal.Tests;

/// <summary>Damage that no crash can explain is refused with file and offset, and the files stay as they are.</summary>
public sealed class LogDamageTests
{
    private const string Directory = "/wal";
    private const string FirstSegment = "/wal/0000000000000000-0000000000000000.wal";

    private static readonly WalOptions Options = new() { SegmentBytes = 8 << 10, ZeroAheadBytes = 0 };

    [Fact]
    public void Open_AnyBitOfTheLogFlipped_IsRefusedOrReadsTheSameEntries()
    {
        (byte[] content, int end) = WriteLog(entries: 12, bytes: 40);
        int refused = 0;
        for (int bit = 0; bit < end * 8; bit++)
        {
            content[bit / 8] ^= (byte)(1 << (bit % 8));
            SimulatedFileSystem disk = DiskWith(content);
            try
            {
                using WriteAheadLog log = WriteAheadLog.Open(disk, Directory, WalSnapshot.None, Options, out WalContents contents);

                // The type of a record is under no checksum; a few flips make one kind of record look like another.
                Assert.Null(contents.TornTail);
            }
            catch (IOException failure) when (failure is CorruptWalException or WalSnapshotMissingException)
            {
                refused++;
                Assert.Equal(content, Content(disk, FirstSegment));
            }

            content[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.True(refused >= (end * 8) - 40, $"{refused} of {end * 8} flips were refused");
    }

    [Fact]
    public void Open_EntryDataFlipped_NamesFileAndOffset()
    {
        (byte[] content, int end) = WriteLog(entries: 12, bytes: 40);
        content[end / 2] ^= 1;

        CorruptWalException refused = Assert.Throws<CorruptWalException>(() => Open(DiskWith(content)));

        Assert.Equal(FirstSegment, refused.Path);
        Assert.InRange(refused.Offset, (end / 2) - 80, end / 2);
        Assert.Contains("checksum", refused.Reason, StringComparison.Ordinal);
        Assert.Contains($"corrupt at offset {refused.Offset}", refused.Message, StringComparison.Ordinal);
    }

    // An entry full of zeros looks like a sector that was never written: only a torn write ends the file's data there.
    [Fact]
    public void Open_FlipBesideAZeroPartOfASector_IsNotTakenForATornWrite()
    {
        SimulatedFileSystem disk = new();
        using (WriteAheadLog log = WriteAheadLog.Create(disk, Directory, LogSamples.Metadata, Options))
        {
            log.Save(default, [new Entry(1, 1, EntryType.Normal, new byte[600])]);
            log.Save(default, [LogSamples.Entry(2)]);
        }

        byte[] content = Content(disk, FirstSegment);
        int zerosBegin = 100;
        content[zerosBegin] ^= 1;

        Assert.Throws<CorruptWalException>(() => Open(DiskWith(content)));
    }

    [Fact]
    public void Open_TailCutOffAnywhere_KeepsEveryWholeRecord()
    {
        (byte[] content, int end) = WriteLog(entries: 12, bytes: 40);
        int shortest = FrameEnds(content)[2];
        for (int length = shortest; length < end; length++)
        {
            int whole = FrameEnds(content[..length]).Length;
            SimulatedFileSystem disk = DiskWith(content[..length]);

            using (WriteAheadLog log = WriteAheadLog.Open(disk, Directory, WalSnapshot.None, Options, out WalContents contents))
            {
                Assert.Equal(FrameEnds(content[..length]).Contains(length), contents.TornTail is null);
                int expected = FrameTypes(content).Take(whole).Count(type => type == 2);
                LogSamples.AssertSame(LogSamples.Entries(1, expected, bytes: 40), contents.Entries);
                log.Save(default, LogSamples.Entries((ulong)expected + 1, 2, bytes: 40));
            }

            Open(disk).Dispose();
        }
    }

    [Fact]
    public void Open_TornTail_IsRepairedOnceAndKeptAsACopy()
    {
        (byte[] content, int end) = WriteLog(entries: 12, bytes: 40);
        SimulatedFileSystem disk = DiskWith(content[..(end - 4)]);

        WriteAheadLog.Open(disk, Directory, WalSnapshot.None, Options, out WalContents contents).Dispose();
        byte[] copy = Content(disk, FirstSegment + ".broken");
        WriteAheadLog.Open(disk, Directory, WalSnapshot.None, Options, out WalContents again).Dispose();

        Assert.Equal(content[..(end - 4)], copy);
        Assert.Equal(new TornTailRepair(FirstSegment, FrameEnds(content)[^2], FirstSegment + ".broken", contents.TornTail!.Reason), contents.TornTail);
        Assert.Null(again.TornTail);
    }

    [Fact]
    public void Open_StaleBytesBehindTheTail_AreZeroedBeforeAppending()
    {
        (byte[] content, int end) = WriteLog(entries: 12, bytes: 40);
        int nextSector = (end + 511) / 512 * 512;
        new Random(5).NextBytes(content.AsSpan(nextSector, 700));
        SimulatedFileSystem disk = DiskWith(content);

        Open(disk).Dispose();

        Assert.All(Content(disk, FirstSegment)[end..], found => Assert.Equal(0, found));
    }

    // CVE-2020-15106: a record with a huge length must end in an error, not in an allocation of that size.
    [Theory]
    [InlineData(0x0000_7FFF_FFFF_FFF8UL)]
    [InlineData(0x00FF_FFFF_FFFF_FFF8UL)]
    [InlineData(0x7FFF_FFFF_FFFF_FFFFUL)]
    [InlineData(0xFFFF_FFFF_FFFF_FFFFUL)]
    [InlineData(0x8700_0000_4000_0001UL)]
    [InlineData(0x0000_0000_0000_0001UL)]
    public void Open_RecordWithAWildLength_IsRefusedAtOnce(ulong length)
    {
        (byte[] content, _) = WriteLog(entries: 12, bytes: 40);
        int frame = FrameEnds(content)[5];
        BinaryPrimitives.WriteUInt64LittleEndian(content.AsSpan(frame), length);
        long before = GC.GetAllocatedBytesForCurrentThread();

        CorruptWalException refused = Assert.Throws<CorruptWalException>(() => Open(DiskWith(content)));

        Assert.Equal(frame, refused.Offset);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 16 << 20);
    }

    [Fact]
    public void Open_LengthOfAWholeRecordReachesBeyondTheFile_IsRefusedAndNotRepaired()
    {
        (byte[] content, _) = WriteLog(entries: 12, bytes: 40);
        int frame = FrameEnds(content)[5];
        content[frame + 2] = 0x10; // a record of a megabyte in a file of eight kilobytes

        CorruptWalException refused = Assert.Throws<CorruptWalException>(() => Open(DiskWith(content)));

        Assert.Contains("but the record has", refused.Reason, StringComparison.Ordinal);
    }

    // CVE-2020-15112: an entry whose index is far beyond the log must not be used as a position.
    [Theory]
    [InlineData(5)]
    [InlineData(1_000_000)]
    [InlineData(ulong.MaxValue)]
    public void Open_EntryWithAWildIndex_IsRefused(ulong index)
    {
        SimulatedFileSystem disk = new();
        using (WriteAheadLog log = WriteAheadLog.Create(disk, Directory, LogSamples.Metadata, Options))
        {
            log.Save(default, LogSamples.Entries(1, 3));
            // A snapshot moves the log's end forward, which lets the next entry leave a gap on disk.
            log.SaveSnapshot(new WalSnapshot(index - 1, 1, LogSamples.OneVoter));
            log.Save(default, LogSamples.Entries(index, 1));
        }

        CorruptWalException refused = Assert.Throws<CorruptWalException>(() => Open(disk));

        Assert.Contains($"entry {index} follows entry 3", refused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_SegmentInTheMiddleCutShort_IsRefused()
    {
        SimulatedFileSystem disk = new();
        using (WriteAheadLog log = WriteAheadLog.Create(disk, Directory, LogSamples.Metadata, Options))
        {
            for (ulong index = 1; index < 200; index++)
            {
                log.Save(default, LogSamples.Entries(index, 1));
            }
        }

        string middle = Path.Combine(Directory, disk.List(Directory)[1]);
        using (IFile file = disk.Open(middle, FileOpening.ReadWrite))
        {
            file.SetLength(file.Length - 3);
        }

        Assert.Equal(middle, Assert.Throws<CorruptWalException>(() => Open(disk)).Path);
        Assert.Throws<CorruptWalException>(() => WriteAheadLog.ReadSnapshotRecords(disk, Directory));
    }

    [Fact]
    public void Open_SegmentOfAnotherLogInBetween_IsRefusedByTheChain()
    {
        SimulatedFileSystem disk = TwoSegments(bytes: 100), other = TwoSegments(bytes: 101);
        string second = disk.List(Directory)[1];
        Replace(disk, Path.Combine(Directory, second), Content(other, Path.Combine(Directory, other.List(Directory)[1])));

        CorruptWalException refused = Assert.Throws<CorruptWalException>(() => Open(disk));

        Assert.Contains("the log so far has checksum", refused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_EmptyLastSegment_IsRefused()
    {
        SimulatedFileSystem disk = TwoSegments(bytes: 100);
        Replace(disk, Path.Combine(Directory, disk.List(Directory)[1]), new byte[4096]);

        CorruptWalException refused = Assert.Throws<CorruptWalException>(() => Open(disk));

        Assert.Contains("empty", refused.Reason, StringComparison.Ordinal);
    }

    private static SimulatedFileSystem TwoSegments(int bytes)
    {
        SimulatedFileSystem disk = new();
        using WriteAheadLog log = WriteAheadLog.Create(disk, Directory, LogSamples.Metadata, Options);
        log.Save(default, LogSamples.Entries(1, 90, bytes: bytes));
        log.Save(default, LogSamples.Entries(91, 2, bytes: bytes));
        return disk;
    }

    private static (byte[] Content, int End) WriteLog(int entries, int bytes)
    {
        SimulatedFileSystem disk = new();
        using (WriteAheadLog log = WriteAheadLog.Create(disk, Directory, LogSamples.Metadata, Options))
        {
            for (ulong index = 1; index <= (ulong)entries; index++)
            {
                log.Save(new HardState(1, 7, index - 1), [LogSamples.Entry(index, bytes: bytes)]);
            }
        }

        byte[] content = Content(disk, FirstSegment);
        return (content, FrameEnds(content)[^1]);
    }

    /// <summary>Offsets behind each whole frame, from the lengths alone.</summary>
    private static int[] FrameEnds(byte[] content) => [.. Frames(content).Select(frame => frame.End)];

    private static int[] FrameTypes(byte[] content) => [.. Frames(content).Select(frame => frame.Type)];

    private static IEnumerable<(int End, int Type)> Frames(byte[] content)
    {
        for (int at = 0; at + 8 <= content.Length && content[at] != 0;)
        {
            int end = at + 8 + ((content[at] + (content[at + 1] << 8) + 7) / 8 * 8);
            if (end > content.Length)
            {
                yield break;
            }

            yield return (end, content[at + 9]);
            at = end;
        }
    }

    private static WriteAheadLog Open(SimulatedFileSystem disk) =>
        WriteAheadLog.Open(disk, Directory, WalSnapshot.None, Options, out _);

    private static SimulatedFileSystem DiskWith(byte[] segment)
    {
        var disk = new SimulatedFileSystem();
        disk.CreateDirectory(Directory);
        Replace(disk, FirstSegment, segment);
        return disk;
    }

    private static void Replace(SimulatedFileSystem disk, string path, byte[] content)
    {
        disk.DeleteFile(path);
        using IFile file = disk.Open(path, FileOpening.CreateNew);
        file.Write(content, 0);
    }

    private static byte[] Content(IFileSystem disk, string path)
    {
        using IFile file = disk.Open(path, FileOpening.Read);
        byte[] bytes = new byte[file.Length];
        file.Read(bytes, 0);
        return bytes;
    }
}
