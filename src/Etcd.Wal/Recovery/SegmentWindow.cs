using Etcd.Wal.Segments;

namespace Etcd.Wal.Recovery;

/// <summary>A segment read in large pieces. Its length is taken once: a log is read only while nobody appends to it.</summary>
internal sealed class SegmentWindow
{
    private const int PieceBytes = 1 << 20;
    private const int SectorBytes = 512;

    private byte[] _piece = [];
    private Segment? _segment;
    private long _start;
    private int _count;

    /// <summary>Bytes in the segment.</summary>
    internal long Length { get; private set; }

    internal void MoveTo(Segment segment)
    {
        _segment = segment;
        Length = segment.File.Length;
        _start = 0;
        _count = 0;
    }

    /// <summary>Bytes of the segment, valid until the next call.</summary>
    /// <param name="offset">Where they begin.</param>
    /// <param name="length">How many; the caller has checked them against <see cref="Length"/>, so damage costs no memory.</param>
    internal ReadOnlySpan<byte> Slice(long offset, int length)
    {
        if (offset < _start || offset + length > _start + _count)
        {
            Fill(offset, length);
        }

        return _piece.AsSpan((int)(offset - _start), length);
    }

    /// <summary>Whether the bytes from <paramref name="offset"/> to the end of their sector, or of the file, are all zero.</summary>
    internal bool IsZeroToSectorEnd(long offset)
    {
        long end = Math.Min((offset / SectorBytes * SectorBytes) + SectorBytes, Length);
        return !Slice(offset, (int)(end - offset)).ContainsAnyExcept((byte)0);
    }

    /// <summary>Whether a sector that the bytes lie in is zero from its beginning, or theirs, to its end: it was never written.</summary>
    internal bool LacksASector(long offset, long length)
    {
        for (long at = offset; at < offset + length; at = (at / SectorBytes * SectorBytes) + SectorBytes)
        {
            if (IsZeroToSectorEnd(at))
            {
                return true;
            }
        }

        return false;
    }

    private void Fill(long offset, int length)
    {
        if (_piece.Length < length || _piece.Length == 0)
        {
            _piece = GC.AllocateUninitializedArray<byte>(Math.Max(length, PieceBytes));
        }

        _start = offset;
        _count = _segment!.File.Read(_piece, offset);
        if (_count < length)
        {
            throw new IOException($"{_segment.Path}: shrank while it was read");
        }
    }
}
