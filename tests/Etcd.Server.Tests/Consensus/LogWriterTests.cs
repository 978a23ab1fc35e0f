using Etcd.Raft;
using Etcd.Server.Consensus;
using Etcd.Server.Observation;
using Etcd.Server.Tests.Observation;
using Etcd.Server.Tests.Snapshots;
using Etcd.Testing;
using Etcd.Testing.SimulatedDisk;
using Etcd.Wal;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Server.Tests.Consensus;

// docs/internals/raft.md: a write with a snapshot is done when the snapshot is durable and installed; acknowledgements keep their order.
public sealed class LogWriterTests : IDisposable
{
    private readonly SimulatedFileSystem _disk = new();
    private readonly List<RaftMessage> _acknowledged = [];
    private readonly List<RaftMessage> _toInstall = [];
    private readonly ManualTimeProvider _time = new();
    private readonly WarningLines _log = new();
    private readonly LogWriter _writer;

    public LogWriterTests()
    {
        _disk.CreateDirectory("/snap");
        WriteAheadLog wal = WriteAheadLog.Create(_disk, "/wal", new byte[] { 8, 1 }, new WalOptions());
        var instruments = new ServerInstruments(_time);
        _writer = new LogWriter(
            wal,
            new SnapshotStore(_disk, "/snap"),
            input => _acknowledged.Add((RaftMessage)input.Payload!),
            instruments,
            new LogStallWatch(TimeSpan.FromMinutes(1), TimeProvider.System, instruments, new ConsensusLog(NullLogger.Instance)),
            new ServerLog(_log),
            new InlineExecution(),
            static failure => throw failure)
        {
            InstallWanted = _toInstall.Add,
        };
    }

    public void Dispose() => _writer.Dispose();

    [Fact]
    public void Persist_Snapshot_IsAcknowledgedWhenItIsInstalled()
    {
        RaftMessage snapshot = Snapshot(10);

        Write(snapshot);

        Assert.Equal([snapshot], _toInstall);
        Assert.Empty(_acknowledged);
        Installed(snapshot);
        Assert.Equal([snapshot], _acknowledged);
    }

    [Fact]
    public void Persist_WritesBehindASnapshot_AreAcknowledgedBehindIt()
    {
        RaftMessage before = Entry(1);
        RaftMessage snapshot = Snapshot(10);
        RaftMessage after = Entry(11);
        RaftMessage second = Snapshot(20);
        RaftMessage last = Entry(21);
        RaftMessage[] all = [before, snapshot, after, second, last];
        foreach (RaftMessage message in all)
        {
            Write(message);
        }

        Assert.Equal([before], _acknowledged);
        Installed(snapshot);
        Assert.Equal([before, snapshot, after], _acknowledged);
        Installed(second);
        Assert.Equal(all, _acknowledged);
        RaftMessage further = Entry(22);
        Write(further);
        Assert.Same(further, _acknowledged[^1]);
    }

    [Fact]
    public void Persist_Snapshot_FileRecordAndCommitIndexAreDurableBeforeItIsInstalled()
    {
        SimulatedFileSystem? left = null;
        _writer.InstallWanted = _ => left = _disk.AfterPowerLoss(seed: 5);

        Write(Snapshot(10));

        IReadOnlyList<WalSnapshot> valid = WriteAheadLog.ReadSnapshotRecords(left!, "/wal");
        Assert.Equal(10UL, new SnapshotStore(left!, "/snap").LoadNewest(valid)?.Metadata.Index);
    }

    // Older snapshot files may be deleted from then on, and the log before it.
    [Fact]
    public void RecordedSnapshot_SnapshotReceivedOrTaken_IsItsIndexOnceTheRecordIsDurable()
    {
        ulong whenToInstall = 0;
        _writer.InstallWanted = _ => whenToInstall = _writer.RecordedSnapshot;
        Assert.Equal(0UL, _writer.RecordedSnapshot);

        RaftMessage received = Snapshot(10);
        Write(received);
        Assert.Equal(10UL, whenToInstall);
        Installed(received);

        var taken = new SnapshotRecord(new WalSnapshot(20, 1, new ConfState { Voters = [1] }), TaskCreationOptions.None);
        _writer.Post(new LogWork(null, taken));

        Assert.Equal(20UL, _writer.RecordedSnapshot);
    }

    // Operators look for these words in the logs of etcd.
    [Theory]
    [InlineData(1000, new string[0])]
    [InlineData(1500, new[] { "slow fdatasync took=1.5s expectedDuration=1s" })]
    public void Persist_DiskTakesSoLong_IsLoggedInEtcdsWordsBeyondASecond(int milliseconds, string[] lines)
    {
        _disk.BeforeOperation = operation =>
        {
            if (operation.Kind == DiskOperationKind.Sync)
            {
                _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
            }
        };

        Write(Entry(1));

        Assert.Equal(lines, _log.Lines);
    }

    private void Write(RaftMessage message) => _writer.Post(new LogWork(message, null));

    private void Installed(RaftMessage message) => _writer.Post(new LogWork(null, null, message));

    private static RaftMessage Entry(ulong index) => new()
    {
        Type = MessageType.StorageAppend,
        To = RaftMessage.LocalAppendThread,
        Entries = new[] { new Entry(1, index, EntryType.Normal, new byte[] { 1 }) },
    };

    private static RaftMessage Snapshot(ulong index) => new()
    {
        Type = MessageType.StorageAppend,
        To = RaftMessage.LocalAppendThread,
        Term = 1,
        Commit = index,
        Snapshot = new Snapshot(new SnapshotMetadata(index, 1, new ConfState { Voters = [1] }), new byte[] { 1, 2 }),
    };
}
