using System.Buffers.Binary;

using Etcd.Disk;
using Etcd.Raft.Encoding;

namespace Etcd.Wal.Records;

/// <summary>How a record lies in a segment.</summary>
/// <remarks><code>
/// offset 0   u64, little-endian: bits 0..55 record length L; top byte 0, or 0x80 | padding when padding is 1..7
/// offset 8   walpb.Record, L bytes:  08 type  10 crc  [1a length data]     (type and crc varints; data absent when empty)
/// offset 8+L zeros up to the next multiple of 8
/// </code>
/// Frames begin at multiples of 8, so that the length never straddles two sectors: power loss keeps it or loses it whole.</remarks>
internal static class RecordFrame
{
    /// <summary>Bytes of the length field.</summary>
    internal const int LengthBytes = 8;

    /// <summary>Longest head: length field, type, crc, and tag and length of the data.</summary>
    internal const int HeadBytesMax = LengthBytes + 2 + 6 + 6;

    /// <summary>Shortest record: one-byte type, one-byte crc, no data.</summary>
    internal const int RecordBytesMin = 4;

    /// <summary>Longest record believed. Requests are bounded far below; a greater length is damage.</summary>
    internal const long RecordBytesMax = 1L << 30;

    private const ulong LengthMask = 0x00FF_FFFF_FFFF_FFFF;
    private const int PaddingMark = 0x80;
    private const byte DataTag = 0x1A;

    /// <summary>Zeros that follow a record of <paramref name="recordBytes"/> bytes.</summary>
    internal static int PaddingOf(long recordBytes) => (int)(-recordBytes & 7);

    /// <summary>Writes all of a frame that comes before the data.</summary>
    /// <returns>Bytes written.</returns>
    internal static int WriteHead(Span<byte> destination, RecordType type, uint crc, int dataBytes)
    {
        var writer = new ProtoWriter(destination[LengthBytes..]);
        writer.WriteVarintField(1, (ulong)type);
        writer.WriteVarintField(2, crc);
        if (dataBytes > 0)
        {
            writer.WriteLengthPrefix(3, dataBytes);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(destination, LengthField((long)writer.Position + dataBytes));
        return LengthBytes + writer.Position;
    }

    /// <summary>Takes a length field apart.</summary>
    /// <returns><see langword="false"/> when no writer could have written it.</returns>
    internal static bool TryReadLength(ulong field, out long recordBytes)
    {
        recordBytes = (long)(field & LengthMask);
        return recordBytes is >= RecordBytesMin and <= RecordBytesMax && field == LengthField(recordBytes);
    }

    /// <summary>Takes a record apart; nothing but the three known fields is believed.</summary>
    /// <exception cref="ProtoFormatException">The bytes are no record.</exception>
    internal static WalRecord Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtoReader(bytes, "walpb.Record");
        ulong type = 0, crc = 0;
        ReadOnlySpan<byte> data = default;
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case 1:
                    type = reader.ReadUInt64();
                    break;
                case 2:
                    crc = reader.ReadUpTo(uint.MaxValue);
                    break;
                case 3:
                    data = reader.ReadBytes();
                    break;
                default:
                    throw new ProtoFormatException("walpb.Record", reader.Position, $"unknown field {field}");
            }
        }

        return type is >= (ulong)RecordType.Metadata and <= (ulong)RecordType.Snapshot
            ? new WalRecord((RecordType)type, (uint)crc, data)
            : throw new ProtoFormatException("walpb.Record", 0, $"unknown record type {type}");
    }

    /// <summary>Whether bytes look like the beginning of a record of that length: known fields in their order, and data that ends with it.</summary>
    internal static bool HeadFits(ReadOnlySpan<byte> head, long recordBytes)
    {
        var reader = new ProtoReader(head, "walpb.Record");
        try
        {
            if (!reader.TryReadField(out int type) || type != 1
                || reader.ReadUInt64() is < (ulong)RecordType.Metadata or > (ulong)RecordType.Snapshot
                || !reader.TryReadField(out int checksum) || checksum != 2)
            {
                return false;
            }

            reader.ReadUpTo(uint.MaxValue);
            int used = reader.Position;
            if (used == recordBytes)
            {
                return true;
            }

            return used < head.Length && head[used] == DataTag && DataEndsAt(head[(used + 1)..], recordBytes - used - 1);
        }
        catch (ProtoFormatException)
        {
            // Not a record's head: that is the answer.
            return false;
        }
    }

    private static bool DataEndsAt(ReadOnlySpan<byte> length, long bytesLeft)
    {
        long value = 0;
        for (int at = 0; at < length.Length && at < 5; at++)
        {
            value |= (long)(length[at] & 0x7F) << (7 * at);
            if (length[at] < 0x80)
            {
                return value == bytesLeft - at - 1;
            }
        }

        return false;
    }

    /// <summary>Length of the record that begins here by what it says itself, apart from the length field.</summary>
    /// <param name="bytes">Bytes behind the length field.</param>
    /// <param name="crc">Running checksum of the records before.</param>
    /// <returns>0 when no record with data begins here, or its data is not whole.</returns>
    internal static int SelfDescribedLength(ReadOnlySpan<byte> bytes, uint crc)
    {
        var reader = new ProtoReader(bytes, "walpb.Record");
        try
        {
            if (!reader.TryReadField(out int type) || type != 1 || reader.ReadUInt64() == 0
                || !reader.TryReadField(out int checksum) || checksum != 2)
            {
                return 0;
            }

            ulong expected = reader.ReadUInt64();
            return reader.TryReadField(out int data) && data == 3 && Crc32C.Append(crc, reader.ReadBytes()) == expected
                ? reader.Position
                : 0;
        }
        catch (ProtoFormatException)
        {
            // Not a whole record: that is the answer, the caller decides what it means.
            return 0;
        }
    }

    private static ulong LengthField(long recordBytes)
    {
        int padding = PaddingOf(recordBytes);
        return (ulong)recordBytes | (padding == 0 ? 0 : (ulong)(PaddingMark | padding) << 56);
    }
}

/// <summary>A record taken apart; its data is a part of the bytes it was read from.</summary>
internal readonly ref struct WalRecord(RecordType type, uint crc, ReadOnlySpan<byte> data)
{
    internal RecordType Type { get; } = type;

    internal uint Crc { get; } = crc;

    internal ReadOnlySpan<byte> Data { get; } = data;
}
