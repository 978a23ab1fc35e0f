using System.Buffers.Binary;

using Etcd.Disk;
using Etcd.Raft.Encoding;
using Etcd.Wal.Records;
using Etcd.Wal.Recovery;
using Etcd.Wal.Segments;

namespace Etcd.Wal.Inspection;

/// <summary>Reads one segment to its end, whatever is in it.</summary>
/// <remarks>
/// A wrong checksum is one broken record: its successor is held against the checksum the record states and the one it should have stated, so that
/// damaged data and a damaged checksum each count once. Where the frame itself makes no sense, the next whole record is looked for at multiples
/// of 8, and the checksum is taken from it on trust.
/// </remarks>
internal sealed class SegmentWalk(Segment segment, bool isLast, RecordContents contents, ILogVisitor visitor)
{
    private readonly SegmentWindow _window = new();

    /// <summary>Reads the segment. What the member's reader would take for the torn end of the log ends the walk.</summary>
    /// <param name="chain">Running checksum up to it; <see langword="null"/> when it is not known. Moves on with the segment.</param>
    internal void Run(ref uint? chain)
    {
        _window.MoveTo(segment);
        uint? alternative = null;
        bool isFirst = true;
        long offset = 0;
        while (offset >= 0 && offset < _window.Length)
        {
            if (IsAtEnd(offset, out long behind))
            {
                if (behind < 0)
                {
                    break;
                }

                if (EndsWalk(offset, $"the log ends here, but something is left at offset {behind}", isLast && _window.IsZeroToSectorEnd(offset)))
                {
                    break;
                }

                offset = FindFrame(behind / 8 * 8);
                chain = null;
                continue;
            }

            string? fault = ReadFrame(offset, out long recordBytes, out WalRecord record);
            if (fault is not null)
            {
                if (EndsWalk(offset, fault, IsTorn(offset, recordBytes, chain)))
                {
                    break;
                }

                offset = FindFrame(offset + 8);
                chain = null;
                continue;
            }

            uint? before = chain;
            fault = isFirst && record.Type != RecordType.Crc ? $"the segment begins with record type {record.Type} instead of {RecordType.Crc}" : null;
            isFirst = false;
            chain = Follow(record, before, ref alternative, ref fault);
            fault ??= contents.Take(record);
            if (fault is null)
            {
                visitor.Record(new LogRecord(segment.Path, offset, (LogRecordKind)record.Type, record.Crc), record.Data);
            }
            else if (EndsWalk(offset, fault, IsTorn(offset, recordBytes, before)))
            {
                break;
            }

            offset += RecordFrame.LengthBytes + recordBytes + RecordFrame.PaddingOf(recordBytes);
        }
    }

    private bool EndsWalk(long offset, string reason, bool isTorn)
    {
        visitor.Fault(new LogFault(segment.Path, offset, reason, isTorn));
        contents.ForgetLastEntry();
        return isTorn;
    }

    /// <summary>Whether a write that power loss cut short explains what stands here: in the last segment, and the record goes beyond the file or
    /// misses a sector. A record that is whole by its own account misses nothing.</summary>
    private bool IsTorn(long offset, long recordBytes, uint? chain)
    {
        long body = offset + RecordFrame.LengthBytes;
        long left = _window.Length - body;
        if (!isLast || left < 0 || recordBytes <= 0)
        {
            return isLast && left < 0;
        }

        long framed = recordBytes + RecordFrame.PaddingOf(recordBytes);
        int available = (int)Math.Min(Math.Min(left, framed), int.MaxValue);
        int whole = chain is { } crc ? RecordFrame.SelfDescribedLength(_window.Slice(body, available), crc) : 0;
        return (whole == 0 || whole == recordBytes) && (framed > left || _window.LacksASector(body, recordBytes));
    }

    /// <summary>Moves the chain over a record.</summary>
    /// <returns>The checksum that the record states; the next one is held against it.</returns>
    private static uint Follow(in WalRecord record, uint? chain, ref uint? alternative, ref string? fault)
    {
        uint? other = alternative;
        alternative = null;
        if (chain is not { } known)
        {
            return record.Crc;
        }

        if (record.Type == RecordType.Crc)
        {
            fault ??= record.Crc == known || record.Crc == other
                ? null
                : $"the log so far has checksum {known:x8}, the segment follows one with {record.Crc:x8}";
            return record.Crc;
        }

        uint expected = Crc32C.Append(known, record.Data);
        if (expected != record.Crc && !(other is { } second && Crc32C.Append(second, record.Data) == record.Crc))
        {
            fault ??= $"checksum {expected:x8} instead of {record.Crc:x8}";
            alternative = expected;
        }

        return record.Crc;
    }

    /// <summary>Whether the length field here is 0, which ends the segment.</summary>
    /// <param name="offset">Where it lies.</param>
    /// <param name="behind">The first byte behind it that is not 0; negative when there is none.</param>
    private bool IsAtEnd(long offset, out long behind)
    {
        behind = -1;
        long left = _window.Length - offset;
        if (left >= RecordFrame.LengthBytes && BinaryPrimitives.ReadUInt64LittleEndian(_window.Slice(offset, RecordFrame.LengthBytes)) != 0)
        {
            return false;
        }

        if (left < RecordFrame.LengthBytes)
        {
            return !_window.Slice(offset, (int)left).ContainsAnyExcept((byte)0);
        }

        const int Step = 1 << 20;
        for (long at = offset; at < _window.Length; at += Step)
        {
            int index = _window.Slice(at, (int)Math.Min(Step, _window.Length - at)).IndexOfAnyExcept((byte)0);
            if (index >= 0)
            {
                behind = at + index;
                break;
            }
        }

        return true;
    }

    private string? ReadFrame(long offset, out long recordBytes, out WalRecord record)
    {
        record = default;
        recordBytes = 0;
        long left = _window.Length - offset - RecordFrame.LengthBytes;
        if (left < 0)
        {
            return "the file ends inside the length of a record";
        }

        ulong field = BinaryPrimitives.ReadUInt64LittleEndian(_window.Slice(offset, RecordFrame.LengthBytes));
        if (!RecordFrame.TryReadLength(field, out long length))
        {
            return $"impossible length field {field:x16}";
        }

        recordBytes = length;
        long frameBytes = length + RecordFrame.PaddingOf(length);
        if (frameBytes > left)
        {
            return $"a record of {recordBytes} bytes, and {left} bytes are left in the file";
        }

        ReadOnlySpan<byte> frame = _window.Slice(offset + RecordFrame.LengthBytes, (int)frameBytes);
        try
        {
            record = RecordFrame.Read(frame[..(int)length]);
        }
        catch (ProtoFormatException malformed)
        {
            return malformed.Message;
        }

        return frame[(int)length..].ContainsAnyExcept((byte)0) ? "the padding is not zero" : null;
    }

    /// <summary>The next place, from <paramref name="offset"/> on, where a whole record could begin; negative when there is none.</summary>
    private long FindFrame(long offset)
    {
        for (; offset + RecordFrame.LengthBytes <= _window.Length; offset += 8)
        {
            ulong field = BinaryPrimitives.ReadUInt64LittleEndian(_window.Slice(offset, RecordFrame.LengthBytes));
            // Most of what stands here is no length; the head is looked at before the rest, so that no search reads a segment many times.
            if (field != 0
                && RecordFrame.TryReadLength(field, out long recordBytes)
                && recordBytes + RecordFrame.PaddingOf(recordBytes) <= _window.Length - offset - RecordFrame.LengthBytes
                && RecordFrame.HeadFits(_window.Slice(offset + RecordFrame.LengthBytes, (int)Math.Min(recordBytes, RecordFrame.HeadBytesMax)), recordBytes)
                && ReadFrame(offset, out _, out _) is null)
            {
                return offset;
            }
        }

        return -1;
    }
}
