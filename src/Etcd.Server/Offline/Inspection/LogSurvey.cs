using Etcd.Raft.Encoding;
using Etcd.Wal.Inspection;

namespace Etcd.Server.Offline.Inspection;

/// <summary>Counts what a log holds and collects what is wrong with it.</summary>
internal sealed class LogSurvey : ILogVisitor
{
    private readonly List<LogFault> _faults = [];

    internal IReadOnlyList<LogFault> Faults => _faults;

    internal long Records { get; private set; }

    /// <summary>Index of the last entry, or of a snapshot beyond it.</summary>
    internal ulong LastIndex { get; private set; }

    /// <summary>The same, before the first fault.</summary>
    internal ulong LastIndexBeforeFault { get; private set; }

    public void Record(in LogRecord record, ReadOnlySpan<byte> data)
    {
        Records++;
        LastIndex = record.Kind switch
        {
            LogRecordKind.Entry => RaftCodec.ReadEntry(data.ToArray()).Index,
            LogRecordKind.Snapshot => Math.Max(LastIndex, LogRecordContent.ReadSnapshot(data).Index),
            _ => LastIndex,
        };
        LastIndexBeforeFault = _faults.Count == 0 ? LastIndex : LastIndexBeforeFault;
    }

    public void Fault(LogFault fault) => _faults.Add(fault);
}
