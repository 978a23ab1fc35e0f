using System.Buffers.Binary;

using Etcd.Disk;
using Etcd.Raft.Encoding;
using Etcd.Wal.Records;
using Etcd.Wal.Segments;

namespace Etcd.Wal.Recovery;

/// <summary>Reads the records of consecutive segments and checks all that can be checked about each.</summary>
/// <remarks>
/// What a crash can leave behind is told apart from damage by one promise of disks: a sector of 512 bytes is written wholly
/// or not at all. A torn write lacks at least one sector, reads as zeros there, and lies in the last segment; a file
/// that was cut short ends inside a record. All else is damage, and refused.
/// </remarks>
internal sealed class RecordReader(IReadOnlyList<Segment> segments)
{
    private readonly SegmentWindow _window = new();
    private int _next;
    private bool _chainIsKnown;

    /// <summary>End of the last valid record in the current segment.</summary>
    internal long ValidEnd { get; private set; }

    /// <summary>Running checksum up to there.</summary>
    internal uint Crc { get; private set; }

    /// <summary>Why the last read said <see cref="ReadOutcome.Torn"/>.</summary>
    internal string TornReason { get; private set; } = string.Empty;

    internal Segment Current => segments[_next - 1];

    private bool IsLastSegment => _next == segments.Count;

    /// <summary>Reads the next record that is not about checksums. Its data is valid until the next call.</summary>
    /// <exception cref="CorruptWalException">The log is damaged.</exception>
    internal ReadOutcome Read(out WalRecord record)
    {
        while (true)
        {
            record = default;
            if (_next == 0 || AtSegmentEnd())
            {
                if (IsLastSegment)
                {
                    return ReadOutcome.End;
                }

                _window.MoveTo(segments[_next++]);
                ValidEnd = 0;
                if (AtSegmentEnd())
                {
                    throw Corrupt("the segment is empty");
                }
            }

            if (!TryReadFrame(out record))
            {
                return ReadOutcome.Torn;
            }

            if (record.Type != RecordType.Crc)
            {
                return ReadOutcome.Record;
            }
        }
    }

    /// <summary>The error for a valid record whose content makes no sense.</summary>
    internal CorruptWalException CorruptContent(string reason, Exception? inner = null) =>
        new(Current.Path, ValidEnd, $"the record that ends here: {reason}", inner);

    private bool AtSegmentEnd()
    {
        if (_window.Length == ValidEnd)
        {
            return true;
        }

        if (_window.Length - ValidEnd < RecordFrame.LengthBytes
            || BinaryPrimitives.ReadUInt64LittleEndian(_window.Slice(ValidEnd, RecordFrame.LengthBytes)) != 0)
        {
            return false;
        }

        // A length and what follows it in the same sector are written together: zeros before data are no torn write.
        return _window.IsZeroToSectorEnd(ValidEnd) ? true : throw Corrupt("the length of a record is 0");
    }

    private bool TryReadFrame(out WalRecord record)
    {
        record = default;
        long left = _window.Length - ValidEnd - RecordFrame.LengthBytes;
        if (left < 0)
        {
            return TornAt("the file ends inside the length of a record");
        }

        ulong field = BinaryPrimitives.ReadUInt64LittleEndian(_window.Slice(ValidEnd, RecordFrame.LengthBytes));
        if (!RecordFrame.TryReadLength(field, out long recordBytes))
        {
            throw Corrupt($"impossible length field {field:x16}");
        }

        long frameBytes = recordBytes + RecordFrame.PaddingOf(recordBytes);
        if (frameBytes > left)
        {
            return EndsInside(recordBytes, left);
        }

        ReadOnlySpan<byte> frame = _window.Slice(ValidEnd + RecordFrame.LengthBytes, (int)frameBytes);
        string? fault = Check(frame, (int)recordBytes, out record);
        if (fault is not null)
        {
            RefuseWrongLength(recordBytes, (int)frameBytes);
            return _window.LacksASector(ValidEnd + RecordFrame.LengthBytes, recordBytes) ? TornAt(fault) : throw Corrupt(fault);
        }

        ValidEnd += RecordFrame.LengthBytes + frameBytes;
        return true;
    }

    /// <summary>Checks a record that lies wholly inside the file.</summary>
    /// <returns>What is wrong with it; <see langword="null"/> for nothing, and then the chain has moved on.</returns>
    private string? Check(ReadOnlySpan<byte> frame, int recordBytes, out WalRecord record)
    {
        record = default;
        try
        {
            record = RecordFrame.Read(frame[..recordBytes]);
        }
        catch (ProtoFormatException malformed)
        {
            return malformed.Message;
        }

        if (frame[recordBytes..].ContainsAnyExcept((byte)0))
        {
            return "the padding is not zero";
        }

        return record.Type == RecordType.Crc ? AdoptChain(record) : Chain(record);
    }

    private string? Chain(WalRecord record)
    {
        if (ValidEnd == 0)
        {
            return $"the segment begins with record type {record.Type} instead of {RecordType.Crc}";
        }

        uint crc = Crc32C.Append(Crc, record.Data);
        if (crc != record.Crc)
        {
            return $"checksum {crc:x8} instead of {record.Crc:x8}";
        }

        Crc = crc;
        return null;
    }

    private string? AdoptChain(WalRecord record)
    {
        // Reading may begin at any segment: the checksum it starts from is known from its own head only.
        if (_chainIsKnown && record.Crc != Crc)
        {
            return $"the log so far has checksum {Crc:x8}, the segment follows one with {record.Crc:x8}";
        }

        if (record.Data.Length != 0)
        {
            return "a checksum record with data";
        }

        Crc = record.Crc;
        _chainIsKnown = true;
        return null;
    }

    /// <summary>A record says it is longer than the rest of the file: the file was cut short, or the length is damaged.</summary>
    private bool EndsInside(long recordBytes, long left)
    {
        RefuseWrongLength(recordBytes, (int)Math.Min(left, int.MaxValue));
        return TornAt($"a record of {recordBytes} bytes, and {left} bytes are left in the file");
    }

    /// <summary>Refuses a record that is whole by its own account but not by the length before it. Nothing of it is missing,
    /// so it is not torn; believing the length would throw away this record and all that follow.</summary>
    private void RefuseWrongLength(long recordBytes, int availableBytes)
    {
        ReadOnlySpan<byte> available = _window.Slice(ValidEnd + RecordFrame.LengthBytes, availableBytes);
        int wholeBytes = RecordFrame.SelfDescribedLength(available, Crc);
        if (wholeBytes > 0 && wholeBytes != recordBytes)
        {
            throw Corrupt($"the length says {recordBytes} bytes, but the record has {wholeBytes} and is whole");
        }
    }

    private bool TornAt(string reason)
    {
        if (!IsLastSegment)
        {
            throw Corrupt(reason);
        }

        TornReason = reason;
        return false;
    }

    private CorruptWalException Corrupt(string reason) => new(Current.Path, ValidEnd, reason);
}
