using Etcd.Raft;
using Etcd.Raft.Encoding;
using Etcd.Wal;
using Etcd.Wal.Inspection;

namespace Etcd.Server.Offline.Inspection;

/// <summary>Counts what a log holds and collects what is wrong with it.</summary>
internal sealed class LogSurvey : ILogVisitor
{
    private readonly List<LogFault> _faults = [];
    private readonly Dictionary<ulong, ulong> _snapshotTerms = []; // by index
    private ulong _commit;

    internal IReadOnlyList<LogFault> Faults => _faults;

    internal long Records { get; private set; }

    /// <summary>Index of the last entry, or of a snapshot beyond it.</summary>
    internal ulong LastIndex { get; private set; }

    /// <summary>The same, before the first fault.</summary>
    internal ulong LastIndexBeforeFault { get; private set; }

    /// <summary>Whether the log has a record of a snapshot at an index, finished or not.</summary>
    internal bool Mentions(ulong index) => _snapshotTerms.ContainsKey(index);

    /// <summary>Whether a member begins at a snapshot when it starts: the log has a record of it, and its index is committed.</summary>
    internal bool BeginsAt(SnapshotMetadata snapshot) =>
        snapshot.Index <= _commit && _snapshotTerms.TryGetValue(snapshot.Index, out ulong term) && term == snapshot.Term;

    public void Record(in LogRecord record, ReadOnlySpan<byte> data)
    {
        Records++;
        switch (record.Kind)
        {
            case LogRecordKind.Entry:
                LastIndex = RaftCodec.ReadEntry(data.ToArray()).Index;
                break;
            case LogRecordKind.Snapshot:
                WalSnapshot snapshot = LogRecordContent.ReadSnapshot(data);
                _snapshotTerms[snapshot.Index] = snapshot.Term;
                LastIndex = Math.Max(LastIndex, snapshot.Index);
                break;
            case LogRecordKind.State:
                _commit = RaftCodec.ReadHardState(data).Commit;
                break;
            default:
                break;
        }

        LastIndexBeforeFault = _faults.Count == 0 ? LastIndex : LastIndexBeforeFault;
    }

    public void Fault(LogFault fault) => _faults.Add(fault);
}
