using Etcd.Disk;
using Etcd.Wal.Records;

namespace Etcd.Wal.Segments;

/// <summary>Makes the first segment of a log.</summary>
internal static class NewLog
{
    private static readonly SegmentName First = new(0, 0);

    /// <summary>Writes the segment in a directory of another name and renames that: the log appears complete and durable, or not at all.</summary>
    internal static (Segment Segment, SegmentWriter Writer) Create(
        IFileSystem disk, string directory, ReadOnlySpan<byte> metadata, WalOptions options)
    {
        if (disk.DirectoryExists(directory) && disk.List(directory).Count > 0)
        {
            throw new IOException($"{directory}: a new log needs a directory that is missing or empty");
        }

        string temporary = directory + ".tmp";
        disk.DeleteDirectory(temporary);
        IReadOnlyList<string> missing = MissingDirectories.Of(disk, temporary);
        disk.CreateDirectory(temporary);
        IFile file = Segment.CreateReserved(disk, Path.Combine(temporary, First.ToString()), options);
        try
        {
            SegmentWriter writer = WriteHead(file, metadata, options);
            disk.SyncDirectory(temporary);
            disk.DeleteDirectory(directory);
            disk.Rename(temporary, directory);
            foreach (string parent in MissingDirectories.ParentsOf([directory, .. missing]))
            {
                disk.SyncDirectory(parent);
            }

            return (new Segment(directory, First, file), writer);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static SegmentWriter WriteHead(IFile file, ReadOnlySpan<byte> metadata, WalOptions options)
    {
        var writer = new SegmentWriter(file, 0, Segment.ZeroedAtCreation(options), 0, options);
        writer.Append(RecordType.Crc, []);
        writer.Append(RecordType.Metadata, metadata);
        writer.Append(RecordType.Snapshot, SnapshotRecord.Encode(WalSnapshot.None));
        writer.Sync();
        return writer;
    }
}
