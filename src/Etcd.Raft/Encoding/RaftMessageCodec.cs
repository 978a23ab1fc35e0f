namespace Etcd.Raft.Encoding;

/// <summary>Bytes of messages between members (raftpb.Message, proto2).</summary>
/// <remarks>Written as etcd 3.4 and 3.5 write them: every number, and the snapshot even where there is none.
/// <see cref="RaftMessage.Vote"/> and <see cref="RaftMessage.Responses"/> are for a member's own threads and never travel.</remarks>
public static class RaftMessageCodec
{
    /// <summary>Bytes <paramref name="message"/> takes.</summary>
    /// <exception cref="OverflowException">The message would be larger than 2 GiB.</exception>
    public static int SizeOf(RaftMessage message)
    {
        int size = SizeOfScalars(message);
        foreach (ref readonly Entry entry in message.Entries.Span)
        {
            size = checked(size + ProtoWriter.SizeOfBytesField(7, RaftCodec.SizeOf(entry)));
        }

        size = checked(size + ProtoWriter.SizeOfBytesField(9, RaftCodec.SizeOf(message.Snapshot ?? Snapshot.None)));
        return checked(size + RaftCodec.SizeOfOptionalBytes(12, message.Context));
    }

    /// <summary>Writes a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="destination">At least <see cref="SizeOf"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(RaftMessage message, Span<byte> destination)
    {
        var writer = new ProtoWriter(destination);
        writer.WriteVarintField(1, (ulong)message.Type);
        writer.WriteVarintField(2, message.To);
        writer.WriteVarintField(3, message.From);
        writer.WriteVarintField(4, message.Term);
        writer.WriteVarintField(5, message.LogTerm);
        writer.WriteVarintField(6, message.Index);
        foreach (ref readonly Entry entry in message.Entries.Span)
        {
            writer.WriteLengthPrefix(7, RaftCodec.SizeOf(entry));
            writer.Advance(RaftCodec.Write(entry, writer.Rest));
        }

        writer.WriteVarintField(8, message.Commit);
        Snapshot snapshot = message.Snapshot ?? Snapshot.None;
        writer.WriteLengthPrefix(9, RaftCodec.SizeOf(snapshot));
        writer.Advance(RaftCodec.Write(snapshot, writer.Rest));
        writer.WriteVarintField(10, message.Reject ? 1UL : 0);
        writer.WriteVarintField(11, message.RejectHint);
        if (!message.Context.IsEmpty)
        {
            writer.WriteBytesField(12, message.Context.Span);
        }

        return writer.Position;
    }

    /// <summary>Reads a message; entry data, snapshot data and context are parts of <paramref name="source"/>.</summary>
    /// <param name="source">The whole message; the caller has bounded its length.</param>
    /// <exception cref="ProtoFormatException">The bytes are no message, or its type is unknown.</exception>
    public static RaftMessage Read(ReadOnlyMemory<byte> source)
    {
        var reader = new ProtoReader(source.Span, "raftpb.Message");
        var fields = default(Fields);
        List<Entry>? entries = null;
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case 1:
                    fields.Type = (MessageType)reader.ReadUpTo((ulong)MessageType.ForgetLeader);
                    break;
                case 7:
                    (entries ??= []).Add(RaftCodec.ReadEntry(reader.ReadBytes(source)));
                    break;
                case 9:
                    Snapshot snapshot = RaftCodec.ReadSnapshot(reader.ReadBytes(source));
                    fields.Snapshot = snapshot.IsEmpty ? null : snapshot;
                    break;
                case 10:
                    fields.Reject = reader.ReadBool();
                    break;
                case 12:
                    fields.Context = reader.ReadBytes(source);
                    break;
                default:
                    fields.ReadNumber(field, ref reader);
                    break;
            }
        }

        return fields.ToMessage(entries);
    }

    private static int SizeOfScalars(RaftMessage message) =>
        ProtoWriter.SizeOfVarintField(1, (ulong)message.Type)
        + ProtoWriter.SizeOfVarintField(2, message.To)
        + ProtoWriter.SizeOfVarintField(3, message.From)
        + ProtoWriter.SizeOfVarintField(4, message.Term)
        + ProtoWriter.SizeOfVarintField(5, message.LogTerm)
        + ProtoWriter.SizeOfVarintField(6, message.Index)
        + ProtoWriter.SizeOfVarintField(8, message.Commit)
        + ProtoWriter.SizeOfVarintField(10, 1)
        + ProtoWriter.SizeOfVarintField(11, message.RejectHint);

    /// <summary>Fields read so far; the message itself cannot change once made.</summary>
    private struct Fields
    {
        public MessageType Type;
        public Snapshot? Snapshot;
        public bool Reject;
        public ReadOnlyMemory<byte> Context;
        private ulong _to, _from, _term, _logTerm, _index, _commit, _rejectHint;

        public void ReadNumber(int field, ref ProtoReader reader)
        {
            switch (field)
            {
                case 2:
                    _to = reader.ReadUInt64();
                    break;
                case 3:
                    _from = reader.ReadUInt64();
                    break;
                case 4:
                    _term = reader.ReadUInt64();
                    break;
                case 5:
                    _logTerm = reader.ReadUInt64();
                    break;
                case 6:
                    _index = reader.ReadUInt64();
                    break;
                case 8:
                    _commit = reader.ReadUInt64();
                    break;
                case 11:
                    _rejectHint = reader.ReadUInt64();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        public readonly RaftMessage ToMessage(List<Entry>? entries) => new()
        {
            Type = Type,
            To = _to,
            From = _from,
            Term = _term,
            LogTerm = _logTerm,
            Index = _index,
            Entries = entries is null ? default : entries.ToArray(),
            Commit = _commit,
            Snapshot = Snapshot,
            Reject = Reject,
            RejectHint = _rejectHint,
            Context = Context,
        };
    }
}
