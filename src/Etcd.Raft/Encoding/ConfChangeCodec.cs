namespace Etcd.Raft.Encoding;

/// <summary>Bytes of membership changes, as they lie in the data of log entries (raftpb, proto2).</summary>
public static class ConfChangeCodec
{
    /// <summary>A change of one member as bytes.</summary>
    public static byte[] Encode(ConfChange change)
    {
        byte[] bytes = new byte[
            ProtoWriter.SizeOfVarintField(1, change.Id)
            + ProtoWriter.SizeOfVarintField(2, (ulong)change.Type)
            + ProtoWriter.SizeOfVarintField(3, change.NodeId)
            + RaftCodec.SizeOfOptionalBytes(4, change.Context)];
        var writer = new ProtoWriter(bytes);
        writer.WriteVarintField(1, change.Id);
        writer.WriteVarintField(2, (ulong)change.Type);
        writer.WriteVarintField(3, change.NodeId);
        if (!change.Context.IsEmpty)
        {
            writer.WriteBytesField(4, change.Context.Span);
        }

        return bytes;
    }

    /// <summary>Reads a change of one member; its context is a part of <paramref name="source"/>.</summary>
    /// <exception cref="ProtoFormatException">The bytes are no such change.</exception>
    public static ConfChange ReadConfChange(ReadOnlyMemory<byte> source)
    {
        var reader = new ProtoReader(source.Span, "raftpb.ConfChange");
        ConfChangeType type = ConfChangeType.AddNode;
        ulong id = 0, nodeId = 0;
        ReadOnlyMemory<byte> context = default;
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case 1:
                    id = reader.ReadUInt64();
                    break;
                case 2:
                    type = ReadType(ref reader);
                    break;
                case 3:
                    nodeId = reader.ReadUInt64();
                    break;
                case 4:
                    context = reader.ReadBytes(source);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new ConfChange(type, nodeId, context, id);
    }

    /// <summary>A change of several members as bytes.</summary>
    public static byte[] Encode(ConfChangeV2 change)
    {
        int size = ProtoWriter.SizeOfVarintField(1, (ulong)change.Transition) + RaftCodec.SizeOfOptionalBytes(3, change.Context);
        foreach (ConfChangeSingle single in change.Changes)
        {
            size += ProtoWriter.SizeOfBytesField(2, SizeOf(single));
        }

        byte[] bytes = new byte[size];
        var writer = new ProtoWriter(bytes);
        writer.WriteVarintField(1, (ulong)change.Transition);
        foreach (ConfChangeSingle single in change.Changes)
        {
            writer.WriteLengthPrefix(2, SizeOf(single));
            writer.WriteVarintField(1, (ulong)single.Type);
            writer.WriteVarintField(2, single.NodeId);
        }

        if (!change.Context.IsEmpty)
        {
            writer.WriteBytesField(3, change.Context.Span);
        }

        return bytes;
    }

    /// <summary>Reads a change of several members; its context is a part of <paramref name="source"/>.</summary>
    /// <exception cref="ProtoFormatException">The bytes are no such change.</exception>
    public static ConfChangeV2 ReadConfChangeV2(ReadOnlyMemory<byte> source)
    {
        var reader = new ProtoReader(source.Span, "raftpb.ConfChangeV2");
        ConfChangeTransition transition = ConfChangeTransition.Auto;
        List<ConfChangeSingle> changes = [];
        ReadOnlyMemory<byte> context = default;
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case 1:
                    transition = (ConfChangeTransition)reader.ReadUpTo((ulong)ConfChangeTransition.JointExplicit);
                    break;
                case 2:
                    changes.Add(ReadSingle(reader.ReadBytes()));
                    break;
                case 3:
                    context = reader.ReadBytes(source);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new ConfChangeV2 { Transition = transition, Changes = changes, Context = context };
    }

    private static ConfChangeSingle ReadSingle(ReadOnlySpan<byte> source)
    {
        var reader = new ProtoReader(source, "raftpb.ConfChangeSingle");
        ConfChangeType type = ConfChangeType.AddNode;
        ulong nodeId = 0;
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case 1:
                    type = ReadType(ref reader);
                    break;
                case 2:
                    nodeId = reader.ReadUInt64();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new ConfChangeSingle(type, nodeId);
    }

    private static ConfChangeType ReadType(ref ProtoReader reader) =>
        (ConfChangeType)reader.ReadUpTo((ulong)ConfChangeType.AddLearnerNode);

    private static int SizeOf(ConfChangeSingle single) =>
        ProtoWriter.SizeOfVarintField(1, (ulong)single.Type) + ProtoWriter.SizeOfVarintField(2, single.NodeId);
}
