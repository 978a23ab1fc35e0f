using Etcd.Disk;
using Etcd.Raft;
using Etcd.Testing.SimulatedDisk;
using Etcd.Wal.Inspection;

namespace Etcd.Wal.Tests;

/// <summary>What is left of a log that was cut before its first fault.</summary>
public sealed class LogCutTests : ILogVisitor
{
    private const string Directory = "/wal";

    private static readonly WalOptions Options = LogSamples.SmallSegments;

    private readonly SimulatedFileSystem _disk = new();
    private readonly List<LogRecord> _records = [];
    private readonly List<LogFault> _faults = [];

    void ILogVisitor.Record(in LogRecord record, ReadOnlySpan<byte> data) => _records.Add(record);

    void ILogVisitor.Fault(LogFault fault) => _faults.Add(fault);

    // A member begins to read at the segment of its newest snapshot. In one without its head it would find no metadata: not who it is, nor whom it has voted for.
    [Theory]
    [InlineData(LogRecordKind.Metadata)]
    [InlineData(LogRecordKind.State)]
    public void Run_FaultIsInTheHeadOfALaterSegment_LeavesALogThatCanBeReadFromAnySnapshot(LogRecordKind damaged)
    {
        WriteSegments();
        LogRecord head = Walk().First(record => record.Kind == damaged && record.Path == _records[^1].Path);
        FlipByte(head.Path, head.Offset + 11);
        Walk();

        LogCut.Run(_disk, Directory, _faults[0], "/kept");

        Assert.Equal((head.Path, head.Offset), (_faults[0].Path, _faults[0].Offset));
        Assert.True(_disk.FileExists($"/kept/{Path.GetFileName(head.Path)}"));
        ulong last;
        using (WriteAheadLog log = WriteAheadLog.Open(_disk, Directory, WalSnapshot.None, Options, out WalContents contents))
        {
            last = contents.Entries[^1].Index + 1;
            log.Save(default, [LogSamples.Entry(last)]);
            log.SaveSnapshot(new WalSnapshot(last, 1, LogSamples.OneVoter));
        }

        WriteAheadLog.Open(_disk, Directory, new WalSnapshot(last, 1, LogSamples.OneVoter), Options, out WalContents found).Dispose();
        Assert.Equal(LogSamples.Metadata.ToArray(), found.Metadata.ToArray());
        Assert.Equal((1UL, 7UL), (found.HardState.Term, found.HardState.Vote));
        Walk();
        Assert.Empty(_faults);
    }

    [Fact]
    public void Run_FaultIsBehindTheHeadOfALaterSegment_KeepsTheSegment()
    {
        WriteSegments();
        LogRecord first = Walk().First(record => record.Kind == LogRecordKind.Entry && record.Path == _records[^1].Path);
        FlipByte(first.Path, first.Offset + 11);
        Walk();

        LogCut.Run(_disk, Directory, _faults[0], "/kept");

        using IFile kept = _disk.Open(first.Path, FileOpening.Read);
        Assert.Equal(first.Offset, kept.Length);
    }

    private void WriteSegments()
    {
        using WriteAheadLog log = WriteAheadLog.Create(_disk, Directory, LogSamples.Metadata, Options);
        for (ulong index = 1; index <= 60; index++)
        {
            log.Save(new HardState(1, 7, index), [LogSamples.Entry(index, bytes: 700)]);
        }
    }

    private List<LogRecord> Walk()
    {
        _records.Clear();
        _faults.Clear();
        LogWalk.Run(_disk, Directory, this);
        return _records;
    }

    private void FlipByte(string path, long offset)
    {
        using IFile file = _disk.Open(path, FileOpening.ReadWrite);
        byte[] value = new byte[1];
        file.Read(value, offset);
        file.Write([(byte)(value[0] ^ 0x10)], offset);
    }
}
