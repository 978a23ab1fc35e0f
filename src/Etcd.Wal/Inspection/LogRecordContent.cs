using Etcd.Wal.Records;

namespace Etcd.Wal.Inspection;

/// <summary>Reads the data of those records whose form the log alone knows; entries and hard states are raft's.</summary>
public static class LogRecordContent
{
    /// <summary>Reads the data of a <see cref="LogRecordKind.Snapshot"/>.</summary>
    /// <exception cref="Raft.Encoding.ProtoFormatException">It is none.</exception>
    public static WalSnapshot ReadSnapshot(ReadOnlySpan<byte> data) => SnapshotRecord.Read(data);
}
