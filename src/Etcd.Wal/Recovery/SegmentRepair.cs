using Etcd.Disk;
using Etcd.Wal.Segments;

namespace Etcd.Wal.Recovery;

/// <summary>Brings the last segment into a state that can be appended to.</summary>
internal static class SegmentRepair
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Cuts a torn write off the segment, after keeping a copy of the segment beside it.</summary>
    internal static TornTailRepair CutTornTail(IFileSystem disk, string directory, Segment segment, long validEnd, string reason)
    {
        string copyPath = segment.Path + ".broken";
        Copy(disk, segment.File, copyPath);
        disk.SyncDirectory(directory);
        segment.File.SetLength(validEnd);
        segment.File.Sync();
        return new TornTailRepair(segment.Path, validEnd, copyPath, reason);
    }

    /// <summary>Zeroes what follows the last record, keeping the segment's length.</summary>
    /// <remarks>Sectors of a write that was lost in its beginning may have reached the disk: left there, they would be read
    /// as the continuation of what is written next.</remarks>
    internal static void ZeroTail(Segment segment, long validEnd)
    {
        long length = segment.File.Length;
        if (length > validEnd)
        {
            segment.File.SetLength(validEnd);
            segment.File.Preallocate(length);
            segment.File.Sync();
        }
    }

    /// <summary>Copies a segment, leaving out what is zero, and makes the copy durable.</summary>
    internal static void Copy(IFileSystem disk, IFile source, string path)
    {
        disk.DeleteFile(path);
        using IFile copy = disk.Open(path, FileOpening.CreateNew);
        copy.SetLength(source.Length);
        byte[] piece = new byte[PieceBytes];
        int read;
        for (long offset = 0; (read = source.Read(piece, offset)) > 0; offset += read)
        {
            // A segment is mostly zeros that were only reserved: leave them out.
            if (piece.AsSpan(0, read).ContainsAnyExcept((byte)0))
            {
                copy.Write(piece.AsSpan(0, read), offset);
            }
        }

        copy.Sync();
    }
}
