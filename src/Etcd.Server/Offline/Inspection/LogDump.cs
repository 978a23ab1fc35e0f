using Etcd.Disk;
using Etcd.Protocol.Replication;
using Etcd.Raft;
using Etcd.Raft.Encoding;
using Etcd.Server.Membership;
using Etcd.Wal;
using Etcd.Wal.Inspection;

namespace Etcd.Server.Offline.Inspection;

/// <summary>Shows every record of a write-ahead log, and every fault in between. Passwords and tokens are left out.</summary>
public sealed class LogDump : ILogVisitor
{
    private readonly Action<DumpLine> _write;
    private string _segment = string.Empty;

    private LogDump(Action<DumpLine> write) => _write = write;

    /// <summary>Dumps a log.</summary>
    /// <exception cref="OfflineException">There is no log.</exception>
    public static void Run(IFileSystem fileSystem, string directory, Action<DumpLine> write)
    {
        try
        {
            LogWalk.Run(fileSystem, directory, new LogDump(write));
        }
        catch (FileNotFoundException missing)
        {
            UnseenPaths.ThrowIfDenied(fileSystem, directory);
            throw new OfflineException(missing.Message, missing);
        }
    }

    /// <inheritdoc />
    public void Record(in LogRecord record, ReadOnlySpan<byte> data)
    {
        Enter(record.Path);
        (string, object) offset = ("offset", record.Offset);
        switch (record.Kind)
        {
            case LogRecordKind.Entry:
                Entry entry = RaftCodec.ReadEntry(data.ToArray());
                Write("entry", offset, ("term", entry.Term), ("index", entry.Index), EntryContent.FactsOf(entry));
                break;
            case LogRecordKind.State:
                HardState state = RaftCodec.ReadHardState(data);
                _write(new DumpLine("state", offset, ("term", state.Term), ("vote", Member.FormatId(state.Vote)), ("commit", state.Commit)));
                break;
            case LogRecordKind.Snapshot:
                WalSnapshot snapshot = LogRecordContent.ReadSnapshot(data);
                Write("snapshot", offset, ("term", snapshot.Term), ("index", snapshot.Index), ConfStateFacts.Of(snapshot.ConfState));
                break;
            case LogRecordKind.Metadata:
                Metadata metadata = Metadata.Parser.ParseFrom(data);
                _write(new DumpLine("metadata", offset, ("member", Member.FormatId(metadata.NodeID)), ("cluster", Member.FormatId(metadata.ClusterID))));
                break;
            default:
                _write(new DumpLine("crc", offset, ("crc", record.Crc.ToString("x8", System.Globalization.CultureInfo.InvariantCulture))));
                break;
        }
    }

    /// <inheritdoc />
    public void Fault(LogFault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        Enter(fault.Path);
        _write(new DumpLine(fault.IsTorn ? "torn" : "broken", ("offset", fault.Offset), ("reason", fault.Reason)));
    }

    private void Enter(string path)
    {
        if (path != _segment)
        {
            _segment = path;
            _write(new DumpLine("segment", ("file", path)));
        }
    }

    private void Write(string kind, (string, object) offset, (string, object) term, (string, object) index, (string, object)[] rest) =>
        _write(new DumpLine(kind, [offset, term, index, .. rest]));
}
