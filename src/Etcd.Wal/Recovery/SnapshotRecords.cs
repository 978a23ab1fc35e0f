using Etcd.Raft;
using Etcd.Raft.Encoding;
using Etcd.Wal.Records;

namespace Etcd.Wal.Recovery;

/// <summary>Finds the snapshot records of a log that can be trusted.</summary>
internal static class SnapshotRecords
{
    /// <summary>Records at or below the last hard state's commit index, in the order written. One beyond it may speak of
    /// a snapshot whose file was never finished.</summary>
    internal static IReadOnlyList<WalSnapshot> Valid(RecordReader reader)
    {
        List<WalSnapshot> snapshots = [];
        HardState state = default;
        while (reader.Read(out WalRecord record) == ReadOutcome.Record)
        {
            try
            {
                if (record.Type == RecordType.Snapshot)
                {
                    snapshots.Add(SnapshotRecord.Read(record.Data));
                }
                else if (record.Type == RecordType.State)
                {
                    state = RaftCodec.ReadHardState(record.Data);
                }
            }
            catch (ProtoFormatException malformed)
            {
                throw reader.CorruptContent(malformed.Message, malformed);
            }
        }

        snapshots.RemoveAll(snapshot => snapshot.Index > state.Commit);
        return snapshots;
    }
}
