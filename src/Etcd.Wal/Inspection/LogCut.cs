using Etcd.Disk;
using Etcd.Wal.Records;
using Etcd.Wal.Recovery;
using Etcd.Wal.Segments;

namespace Etcd.Wal.Inspection;

/// <summary>Cuts a damaged log at the end of its last valid record. What lies behind is lost to the member; it is kept in a copy.</summary>
public static class LogCut
{
    /// <summary>Copies the segments from the fault on, and then takes the damage away: later segments are deleted, the damaged one ends before
    /// the fault, and is deleted too if not even its head is left. Done twice, or after a crash in between, it comes to the same.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="directory">The log; nobody else may have it open.</param>
    /// <param name="fault">The first fault, as <see cref="LogWalk"/> reports it.</param>
    /// <param name="backupDirectory">Where the copies go; they are durable before anything is changed.</param>
    /// <returns>Paths of the copies.</returns>
    /// <exception cref="WalLockedException">Another process has the log open.</exception>
    /// <exception cref="IOException">There is a copy of that name already, or the disk failed.</exception>
    public static IReadOnlyList<string> Run(IFileSystem fileSystem, string directory, LogFault fault, string backupDirectory)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(fault);
        List<Segment> segments = [];
        try
        {
            string damaged = Path.GetFileName(fault.Path);
            foreach (SegmentName name in SegmentDirectory.List(fileSystem, directory).Where(name => string.CompareOrdinal(name.ToString(), damaged) >= 0))
            {
                segments.Add(Segment.OpenLocked(fileSystem, directory, name));
            }

            MissingDirectories.Create(fileSystem, backupDirectory);
            List<string> copies = [];
            foreach (Segment segment in segments)
            {
                string copy = Path.Combine(backupDirectory, segment.Name.ToString());
                if (fileSystem.FileExists(copy))
                {
                    throw new IOException($"{copy} exists; give another directory for the copies");
                }

                SegmentRepair.Copy(fileSystem, segment.File, copy);
                copies.Add(copy);
            }

            fileSystem.SyncDirectory(backupDirectory);
            bool isFirst = SegmentDirectory.List(fileSystem, directory)[0] == segments[0].Name;
            Take(fileSystem, directory, segments, isFirst || HasHeadBefore(segments[0], fault.Offset) ? fault.Offset : 0);
            return copies;
        }
        finally
        {
            segments.ForEach(segment => segment.Dispose());
        }
    }

    /// <summary>Whether the head of a segment is whole. A member that begins to read here, as it does once its snapshots have come so far, knows from there who it is
    /// and what it has promised.</summary>
    /// <param name="segment">Not the first one of the log: its head ends with the hard state.</param>
    /// <param name="offset">End of its valid records.</param>
    private static bool HasHeadBefore(Segment segment, long offset)
    {
        var reader = new RecordReader([segment]);
        try
        {
            while (reader.ValidEnd < offset && reader.Read(out WalRecord record) == ReadOutcome.Record)
            {
                if (record.Type != RecordType.Metadata)
                {
                    return true;
                }
            }
        }
        catch (CorruptWalException)
        {
            // The fault itself, with nothing but checksums before it.
            return false;
        }

        return false;
    }

    private static void Take(IFileSystem disk, string directory, List<Segment> segments, long offset)
    {
        // Newest first: a crash in between leaves a log without a gap.
        for (int at = segments.Count - 1; at > 0; at--)
        {
            disk.DeleteFile(segments[at].Path);
            disk.SyncDirectory(directory);
        }

        if (offset == 0)
        {
            // A segment without a head is no segment.
            disk.DeleteFile(segments[0].Path);
            disk.SyncDirectory(directory);
            return;
        }

        segments[0].File.SetLength(offset);
        segments[0].File.Sync();
    }
}
