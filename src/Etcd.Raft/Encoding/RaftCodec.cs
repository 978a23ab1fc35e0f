namespace Etcd.Raft.Encoding;

/// <summary>Bytes of the raft records that lie on disk: entries, hard state, configuration, snapshots (raftpb, proto2).</summary>
/// <remarks>Written as etcd 3.4 and 3.5 write them: fields in tag order, numbers always present, empty bytes absent.
/// Read leniently where protobuf demands it (any order, absent is zero, unknown fields passed over) and strictly elsewhere.
/// Readers that take <see cref="ReadOnlyMemory{T}"/> return parts of it and copy nothing.</remarks>
public static class RaftCodec
{
    /// <summary>Longest head of an entry: tags, type, term, index and the length of its data.</summary>
    public const int EntryHeadBytesMax = 2 + 11 + 11 + 6;

    /// <summary>Bytes <paramref name="entry"/> takes.</summary>
    public static int SizeOf(in Entry entry) =>
        ProtoWriter.SizeOfVarintField(1, (ulong)entry.Type)
        + ProtoWriter.SizeOfVarintField(2, entry.Term)
        + ProtoWriter.SizeOfVarintField(3, entry.Index)
        + SizeOfOptionalBytes(4, entry.Data);

    /// <summary>Writes all of an entry but its data, which follows at once.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="destination">At least <see cref="EntryHeadBytesMax"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public static int WriteHead(in Entry entry, Span<byte> destination)
    {
        var writer = new ProtoWriter(destination);
        writer.WriteVarintField(1, (ulong)entry.Type);
        writer.WriteVarintField(2, entry.Term);
        writer.WriteVarintField(3, entry.Index);
        if (!entry.Data.IsEmpty)
        {
            writer.WriteLengthPrefix(4, entry.Data.Length);
        }

        return writer.Position;
    }

    /// <summary>Writes an entry; its attachment stays behind.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="destination">At least <see cref="SizeOf(in Entry)"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(in Entry entry, Span<byte> destination)
    {
        int head = WriteHead(entry, destination);
        entry.Data.Span.CopyTo(destination[head..]);
        return head + entry.Data.Length;
    }

    /// <summary>Reads an entry; its data is a part of <paramref name="source"/>.</summary>
    /// <exception cref="ProtoFormatException">The bytes are no entry.</exception>
    public static Entry ReadEntry(ReadOnlyMemory<byte> source)
    {
        var reader = new ProtoReader(source.Span, "raftpb.Entry");
        EntryType type = EntryType.Normal;
        ulong term = 0, index = 0;
        ReadOnlyMemory<byte> data = default;
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case 1:
                    type = (EntryType)reader.ReadUpTo((ulong)EntryType.ConfChangeV2);
                    break;
                case 2:
                    term = reader.ReadUInt64();
                    break;
                case 3:
                    index = reader.ReadUInt64();
                    break;
                case 4:
                    data = reader.ReadBytes(source);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new Entry(term, index, type, data);
    }

    /// <summary>Bytes <paramref name="state"/> takes.</summary>
    public static int SizeOf(in HardState state) =>
        ProtoWriter.SizeOfVarintField(1, state.Term)
        + ProtoWriter.SizeOfVarintField(2, state.Vote)
        + ProtoWriter.SizeOfVarintField(3, state.Commit);

    /// <summary>Writes a hard state.</summary>
    /// <returns>Bytes written.</returns>
    public static int Write(in HardState state, Span<byte> destination)
    {
        var writer = new ProtoWriter(destination);
        writer.WriteVarintField(1, state.Term);
        writer.WriteVarintField(2, state.Vote);
        writer.WriteVarintField(3, state.Commit);
        return writer.Position;
    }

    /// <summary>Reads a hard state.</summary>
    /// <exception cref="ProtoFormatException">The bytes are no hard state.</exception>
    public static HardState ReadHardState(ReadOnlySpan<byte> source)
    {
        var reader = new ProtoReader(source, "raftpb.HardState");
        ulong term = 0, vote = 0, commit = 0;
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case 1:
                    term = reader.ReadUInt64();
                    break;
                case 2:
                    vote = reader.ReadUInt64();
                    break;
                case 3:
                    commit = reader.ReadUInt64();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new HardState(term, vote, commit);
    }

    /// <summary>Bytes <paramref name="state"/> takes.</summary>
    public static int SizeOf(ConfState state) =>
        SizeOfList(1, state.Voters)
        + SizeOfList(2, state.Learners)
        + SizeOfList(3, state.VotersOutgoing)
        + SizeOfList(4, state.LearnersNext)
        + ProtoWriter.SizeOfVarintField(5, 1);

    /// <summary>Writes a configuration; its lists are unpacked, as proto2 has them.</summary>
    /// <returns>Bytes written.</returns>
    public static int Write(ConfState state, Span<byte> destination)
    {
        var writer = new ProtoWriter(destination);
        WriteList(ref writer, 1, state.Voters);
        WriteList(ref writer, 2, state.Learners);
        WriteList(ref writer, 3, state.VotersOutgoing);
        WriteList(ref writer, 4, state.LearnersNext);
        writer.WriteVarintField(5, state.AutoLeave ? 1UL : 0);
        return writer.Position;
    }

    /// <summary>Reads a configuration; packed lists are taken too.</summary>
    /// <exception cref="ProtoFormatException">The bytes are no configuration.</exception>
    public static ConfState ReadConfState(ReadOnlySpan<byte> source)
    {
        var reader = new ProtoReader(source, "raftpb.ConfState");
        List<ulong> voters = [], learners = [], votersOutgoing = [], learnersNext = [];
        bool autoLeave = false;
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case 1:
                    reader.ReadRepeatedUInt64(voters);
                    break;
                case 2:
                    reader.ReadRepeatedUInt64(learners);
                    break;
                case 3:
                    reader.ReadRepeatedUInt64(votersOutgoing);
                    break;
                case 4:
                    reader.ReadRepeatedUInt64(learnersNext);
                    break;
                case 5:
                    autoLeave = reader.ReadBool();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new ConfState
        {
            Voters = voters,
            Learners = learners,
            VotersOutgoing = votersOutgoing,
            LearnersNext = learnersNext,
            AutoLeave = autoLeave,
        };
    }

    /// <summary>Bytes <paramref name="metadata"/> takes.</summary>
    public static int SizeOf(SnapshotMetadata metadata) =>
        ProtoWriter.SizeOfBytesField(1, SizeOf(metadata.ConfState))
        + ProtoWriter.SizeOfVarintField(2, metadata.Index)
        + ProtoWriter.SizeOfVarintField(3, metadata.Term);

    /// <summary>Writes where a snapshot stands.</summary>
    /// <returns>Bytes written.</returns>
    public static int Write(SnapshotMetadata metadata, Span<byte> destination)
    {
        var writer = new ProtoWriter(destination);
        writer.WriteLengthPrefix(1, SizeOf(metadata.ConfState));
        writer.Advance(Write(metadata.ConfState, writer.Rest));
        writer.WriteVarintField(2, metadata.Index);
        writer.WriteVarintField(3, metadata.Term);
        return writer.Position;
    }

    /// <summary>Reads where a snapshot stands.</summary>
    /// <exception cref="ProtoFormatException">The bytes are no snapshot metadata.</exception>
    public static SnapshotMetadata ReadSnapshotMetadata(ReadOnlySpan<byte> source)
    {
        var reader = new ProtoReader(source, "raftpb.SnapshotMetadata");
        ConfState confState = ConfState.Empty;
        ulong index = 0, term = 0;
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case 1:
                    confState = ReadConfState(reader.ReadBytes());
                    break;
                case 2:
                    index = reader.ReadUInt64();
                    break;
                case 3:
                    term = reader.ReadUInt64();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new SnapshotMetadata(index, term, confState);
    }

    /// <summary>Bytes <paramref name="snapshot"/> takes.</summary>
    public static int SizeOf(Snapshot snapshot) =>
        checked(SizeOfOptionalBytes(1, snapshot.Data) + ProtoWriter.SizeOfBytesField(2, SizeOf(snapshot.Metadata)));

    /// <summary>Writes a snapshot.</summary>
    /// <returns>Bytes written.</returns>
    public static int Write(Snapshot snapshot, Span<byte> destination)
    {
        var writer = new ProtoWriter(destination);
        if (!snapshot.Data.IsEmpty)
        {
            writer.WriteBytesField(1, snapshot.Data.Span);
        }

        writer.WriteLengthPrefix(2, SizeOf(snapshot.Metadata));
        writer.Advance(Write(snapshot.Metadata, writer.Rest));
        return writer.Position;
    }

    /// <summary>Reads a snapshot; its data is a part of <paramref name="source"/>.</summary>
    /// <exception cref="ProtoFormatException">The bytes are no snapshot.</exception>
    public static Snapshot ReadSnapshot(ReadOnlyMemory<byte> source)
    {
        var reader = new ProtoReader(source.Span, "raftpb.Snapshot");
        ReadOnlyMemory<byte> data = default;
        SnapshotMetadata metadata = SnapshotMetadata.None;
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case 1:
                    data = reader.ReadBytes(source);
                    break;
                case 2:
                    metadata = ReadSnapshotMetadata(reader.ReadBytes());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new Snapshot(metadata, data);
    }

    internal static int SizeOfOptionalBytes(int field, ReadOnlyMemory<byte> bytes) =>
        bytes.IsEmpty ? 0 : ProtoWriter.SizeOfBytesField(field, bytes.Length);

    private static int SizeOfList(int field, IReadOnlyList<ulong> values)
    {
        int size = 0;
        foreach (ulong value in values)
        {
            size += ProtoWriter.SizeOfVarintField(field, value);
        }

        return size;
    }

    private static void WriteList(ref ProtoWriter writer, int field, IReadOnlyList<ulong> values)
    {
        foreach (ulong value in values)
        {
            writer.WriteVarintField(field, value);
        }
    }
}
