using Etcd.Disk;
using Etcd.Wal.Segments;

namespace Etcd.Wal.Recovery;

/// <summary>A log that was read and is ready to be appended to.</summary>
/// <param name="Segments">Locked, ascending; the last is the one written.</param>
/// <param name="Writer">Stands behind the last valid record.</param>
/// <param name="Replay">What was read.</param>
/// <param name="TornTail">How a torn tail was repaired.</param>
internal sealed record RecoveredLog(List<Segment> Segments, SegmentWriter Writer, LogReplay Replay, TornTailRepair? TornTail)
{
    internal WalContents Contents => new(Replay.Metadata, Replay.State, Replay.Entries, TornTail);

    /// <summary>Locks and reads the segments. Nothing is changed before all of them have been found good.</summary>
    internal static RecoveredLog Open(IFileSystem disk, string directory, WalSnapshot from, WalOptions options)
    {
        List<Segment> segments = [];
        try
        {
            foreach (SegmentName name in SegmentDirectory.From(disk, directory, from.Index))
            {
                segments.Add(Segment.OpenLocked(disk, directory, name));
            }

            var reader = new RecordReader(segments);
            var replay = new LogReplay(from);
            ReadOutcome outcome = replay.ReadAll(reader);
            replay.CheckSnapshotFound(directory);
            Segment tail = segments[^1];
            TornTailRepair? repair = outcome == ReadOutcome.Torn
                ? SegmentRepair.CutTornTail(disk, directory, tail, reader.ValidEnd, reader.TornReason)
                : null;
            SegmentRepair.ZeroTail(tail, reader.ValidEnd);
            NextSegment.RemoveLeftovers(disk, directory);
            if (!options.UnsafeNoSync)
            {
                MakeDurable(disk, directory, tail);
            }

            var writer = new SegmentWriter(tail.File, reader.ValidEnd, reader.ValidEnd, reader.Crc, options);
            return new RecoveredLog(segments, writer, replay, repair);
        }
        catch
        {
            segments.ForEach(segment => segment.Dispose());
            throw;
        }
    }

    /// <summary>What was read counts as durable from here on, and is acknowledged as such. But its writer may have been killed before he came to a
    /// sync, and then the system's memory has it, or the names that lead to it, and the disk does not.</summary>
    private static void MakeDurable(IFileSystem disk, string directory, Segment tail)
    {
        // Segments before the last were complete and durable before it got its name.
        tail.File.Sync();
        disk.SyncDirectory(directory);
        try
        {
            disk.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(directory)) ?? "/");
        }
        catch (UnauthorizedAccessException)
        {
            // A directory that only lets through is nobody's reason not to start: whoever has made the log in it had more rights.
        }
    }
}
