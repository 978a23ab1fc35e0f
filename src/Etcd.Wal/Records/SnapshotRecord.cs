using Etcd.Raft;
using Etcd.Raft.Encoding;

namespace Etcd.Wal.Records;

/// <summary>Bytes of a snapshot record: walpb.Snapshot {1 index, 2 term, 3 conf_state}, proto2, numbers always present.</summary>
internal static class SnapshotRecord
{
    internal static byte[] Encode(WalSnapshot snapshot)
    {
        int confStateBytes = snapshot.ConfState is null ? 0 : RaftCodec.SizeOf(snapshot.ConfState);
        byte[] bytes = new byte[
            ProtoWriter.SizeOfVarintField(1, snapshot.Index)
            + ProtoWriter.SizeOfVarintField(2, snapshot.Term)
            + (snapshot.ConfState is null ? 0 : ProtoWriter.SizeOfBytesField(3, confStateBytes))];
        var writer = new ProtoWriter(bytes);
        writer.WriteVarintField(1, snapshot.Index);
        writer.WriteVarintField(2, snapshot.Term);
        if (snapshot.ConfState is not null)
        {
            writer.WriteLengthPrefix(3, confStateBytes);
            RaftCodec.Write(snapshot.ConfState, writer.Rest);
        }

        return bytes;
    }

    /// <exception cref="ProtoFormatException">The bytes are no snapshot record.</exception>
    internal static WalSnapshot Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtoReader(bytes, "walpb.Snapshot");
        ulong index = 0, term = 0;
        ConfState? confState = null;
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case 1:
                    index = reader.ReadUInt64();
                    break;
                case 2:
                    term = reader.ReadUInt64();
                    break;
                case 3:
                    confState = RaftCodec.ReadConfState(reader.ReadBytes());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new WalSnapshot(index, term, confState);
    }
}
