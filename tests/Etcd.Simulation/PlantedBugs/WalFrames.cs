using System.Buffers.Binary;

using Etcd.Raft.Encoding;

namespace Etcd.Simulation.PlantedBugs;

/// <summary>The frames of log records in a stretch of bytes, for bugs that must know what is being written.</summary>
internal static class WalFrames
{
    /// <summary>Record of a raft entry.</summary>
    public const int EntryType = 2;

    /// <summary>Record of a hard state: term, vote, commit.</summary>
    public const int StateType = 3;

    private const int HeaderBytes = 8;

    /// <summary>Whether a write to the log holds nothing but term, vote and commit index.</summary>
    public static bool IsStateAlone(string path, ReadOnlySpan<byte> written)
    {
        if (!path.EndsWith(".wal", StringComparison.Ordinal))
        {
            return false;
        }

        List<(int Start, int Bytes, int Type)> frames = In(written);
        return frames.Count > 0 && frames.TrueForAll(static frame => frame.Type == StateType);
    }

    /// <summary>The member voted for in the last hard state of a write; 0 for none.</summary>
    public static ulong VoteIn(ReadOnlySpan<byte> written)
    {
        if (In(written) is not [.., (int start, int bytes, StateType)])
        {
            return 0;
        }

        // Record: 08 type, 10 checksum, 1a length, then the state: 08 term, 10 vote, 18 commit.
        var record = new ProtoReader(written.Slice(start + HeaderBytes, bytes - HeaderBytes), "record");
        for (int field = 0; field != 3;)
        {
            if (!record.TryReadField(out field) || field > 3)
            {
                return 0;
            }

            if (field != 3)
            {
                record.ReadUInt64();
            }
        }

        ReadOnlyMemory<byte> copy = written.Slice(start + HeaderBytes, bytes - HeaderBytes).ToArray();
        return RaftCodec.ReadHardState(record.ReadBytes(copy).Span).Vote;
    }

    /// <summary>Start, length and type of each whole frame, as far as there are any.</summary>
    public static List<(int Start, int Bytes, int Type)> In(ReadOnlySpan<byte> bytes)
    {
        var frames = new List<(int Start, int Bytes, int Type)>();
        for (int at = 0; at + HeaderBytes < bytes.Length;)
        {
            // The low 56 bits are the length; the top byte, if its highest bit is set, says how many bytes of padding follow.
            ulong header = BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
            int data = (int)(header & 0xFF_FFFF);
            int padding = (header >> 63) != 0 ? (int)((header >> 56) & 7) : 0;
            int length = HeaderBytes + data + padding;
            if (data == 0 || at + length > bytes.Length)
            {
                break;
            }

            // The first field of a record is its type: tag 08, then a number below 128.
            frames.Add((at, length, bytes[at + HeaderBytes] == 0x08 ? bytes[at + HeaderBytes + 1] : 0));
            at += length;
        }

        return frames;
    }
}
