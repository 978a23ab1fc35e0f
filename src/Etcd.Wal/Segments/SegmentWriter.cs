using System.Diagnostics;

using Etcd.Disk;
using Etcd.Raft;
using Etcd.Raft.Encoding;
using Etcd.Wal.Records;

namespace Etcd.Wal.Segments;

/// <summary>Encodes records into one reusable buffer and brings it to the current segment, with one system call in the usual case.</summary>
/// <remarks>
/// Unless a batch is complete, the file is written only up to multiples of <see cref="BlockBytes"/>. So every version of a
/// sector that can be on disk ends with a whole record: after power loss a torn record always misses a whole sector,
/// which is how the reader tells it from damage.
/// </remarks>
internal sealed class SegmentWriter
{
    private const int BlockBytes = 4096;
    private const int BufferBytes = 64 * BlockBytes;

    private static readonly byte[] Zeros = new byte[256 << 10];

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
    private readonly WalOptions _options;
    private IFile _file;
    private long _fileOffset; // where the first byte of the buffer goes
    private int _used;
    private long _zeroedTo; // blocks below are known to hold data or zeros, not to be merely reserved
    private bool _hasUnsyncedWrites;

    /// <param name="file">The segment.</param>
    /// <param name="offset">End of its last record.</param>
    /// <param name="zeroedTo">End of the blocks that were really written.</param>
    /// <param name="crc">Running checksum up to there.</param>
    /// <param name="options">How the log is written.</param>
    internal SegmentWriter(IFile file, long offset, long zeroedTo, uint crc, WalOptions options)
    {
        _file = file;
        _fileOffset = offset;
        _zeroedTo = Math.Max(offset, zeroedTo);
        _options = options;
        Crc = crc;
    }

    /// <summary>Running checksum over the data of all records of the log so far.</summary>
    internal uint Crc { get; private set; }

    /// <summary>End of the last record, written or still in the buffer.</summary>
    internal long Offset => _fileOffset + _used;

    private bool NeedsZerosAhead => ZeroesAhead && Offset > _zeroedTo && _zeroedTo < _options.SegmentBytes;

    // Zeros make syncs cheaper; without syncs they would only be written twice.
    private bool ZeroesAhead => _options.ZeroAheadBytes > 0 && !_options.UnsafeNoSync;

    /// <summary>Whether fewer than half of the usual number of zeroed blocks are left.</summary>
    internal bool NeedsPreparation =>
        ZeroesAhead && _zeroedTo < _options.SegmentBytes && _zeroedTo - Offset < _options.ZeroAheadBytes / 2;

    /// <summary>Goes on in another segment. The buffer must have been brought to the current one.</summary>
    internal void ContinueIn(IFile file, long zeroedTo)
    {
        Debug.Assert(_used == 0 && !_hasUnsyncedWrites, "the segment before must be complete");
        _file = file;
        _fileOffset = 0;
        _zeroedTo = zeroedTo;
    }

    /// <summary>Appends a record.</summary>
    internal void Append(RecordType type, ReadOnlySpan<byte> data)
    {
        Crc = Crc32C.Append(Crc, data);
        AppendHead(type, data.Length);
        AppendBytes(data);
        AppendPadding();
    }

    /// <summary>Appends an entry, encoding it into the buffer without a copy in between.</summary>
    internal void Append(in Entry entry)
    {
        Span<byte> entryHead = stackalloc byte[RaftCodec.EntryHeadBytesMax];
        entryHead = entryHead[..RaftCodec.WriteHead(entry, entryHead)];
        ReadOnlySpan<byte> data = entry.Data.Span;
        Crc = Crc32C.Append(Crc32C.Append(Crc, entryHead), data);
        AppendHead(RecordType.Entry, checked(entryHead.Length + data.Length));
        AppendBytes(entryHead);
        AppendBytes(data);
        AppendPadding();
    }

    /// <summary>Appends a hard state.</summary>
    internal void Append(in HardState state)
    {
        Span<byte> data = stackalloc byte[RaftCodec.SizeOf(state)];
        RaftCodec.Write(state, data);
        Append(RecordType.State, data);
    }

    /// <summary>Makes everything appended durable.</summary>
    internal void Sync()
    {
        if (NeedsZerosAhead)
        {
            ZeroAhead();
            return;
        }

        if (!_hasUnsyncedWrites && !_options.UnsafeNoSync)
        {
            _file.WriteDurably(_buffer.AsSpan(0, _used), _fileOffset);
            Forget(_used);
            return;
        }

        WriteOut(_used);
        SyncFile();
    }

    /// <summary>Zeroes further blocks if that is due, so that a later sync need not.</summary>
    /// <returns>Whether there was anything to do.</returns>
    internal bool PrepareAhead()
    {
        bool isDue = NeedsPreparation;
        if (isDue)
        {
            ZeroAhead();
        }

        return isDue;
    }

    /// <summary>Makes everything appended durable and cuts the file behind it.</summary>
    internal void Finish()
    {
        WriteOut(_used);
        _file.SetLength(_fileOffset);
        if (!_options.UnsafeNoSync)
        {
            _file.Sync(); // unlike a data sync, this one is sure to cover a length that shrank
        }

        _hasUnsyncedWrites = false;
    }

    private void ZeroAhead()
    {
        WriteOut(_used);
        // The first block of zeros may hold the end of the last record.
        long from = Math.Max(_zeroedTo, _fileOffset);
        long wanted = (_fileOffset + _options.ZeroAheadBytes + BlockBytes - 1) / BlockBytes * BlockBytes;
        long to = Math.Min(wanted, _options.SegmentBytes);
        for (long at = from; at < to; at += Zeros.Length)
        {
            _file.Write(Zeros.AsSpan(0, (int)Math.Min(Zeros.Length, to - at)), at);
        }

        SyncFile();
        _zeroedTo = Math.Max(to, from);
    }

    private void AppendHead(RecordType type, int dataBytes)
    {
        if (_buffer.Length - _used < RecordFrame.HeadBytesMax)
        {
            WriteWholeBlocks();
        }

        _used += RecordFrame.WriteHead(_buffer.AsSpan(_used), type, Crc, dataBytes);
    }

    private void AppendBytes(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > _buffer.Length - _used)
        {
            int fitting = _buffer.Length - _used;
            bytes[..fitting].CopyTo(_buffer.AsSpan(_used));
            _used += fitting;
            bytes = bytes[fitting..];
            WriteWholeBlocks();
        }

        bytes.CopyTo(_buffer.AsSpan(_used));
        _used += bytes.Length;
    }

    private void AppendPadding()
    {
        if (_buffer.Length - _used < RecordFrame.LengthBytes)
        {
            WriteWholeBlocks();
        }

        // Frames begin at multiples of 8, so what is missing to the next multiple is the padding.
        int padding = RecordFrame.PaddingOf(Offset);
        _buffer.AsSpan(_used, padding).Clear();
        _used += padding;
    }

    /// <summary>Makes room by writing all but the last, incomplete block.</summary>
    private void WriteWholeBlocks()
    {
        long end = Offset / BlockBytes * BlockBytes;
        WriteOut((int)(end - _fileOffset));
    }

    private void WriteOut(int bytes)
    {
        if (bytes > 0)
        {
            _file.Write(_buffer.AsSpan(0, bytes), _fileOffset);
            _hasUnsyncedWrites = true;
            Forget(bytes);
        }
    }

    private void Forget(int bytes)
    {
        _buffer.AsSpan(bytes, _used - bytes).CopyTo(_buffer);
        _fileOffset += bytes;
        _used -= bytes;
    }

    private void SyncFile()
    {
        if (!_options.UnsafeNoSync)
        {
            _file.SyncData();
        }

        _hasUnsyncedWrites = false;
    }
}
