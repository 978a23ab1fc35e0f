using Etcd.Disk;
using Etcd.Wal.Segments;

namespace Etcd.Wal.Inspection;

/// <summary>Reads a whole log and reports every record and every fault, where the member's own reader stops at the first fault.</summary>
/// <remarks>Takes no lock and changes nothing; the log must not be written meanwhile.</remarks>
public static class LogWalk
{
    /// <summary>Walks through a log.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="directory">The log.</param>
    /// <param name="visitor">Told what is found.</param>
    /// <param name="progress">Told the bytes read so far, after each segment.</param>
    /// <returns>The log's segments, ascending.</returns>
    /// <exception cref="FileNotFoundException">There is no log in the directory.</exception>
    public static IReadOnlyList<LogSegment> Run(IFileSystem fileSystem, string directory, ILogVisitor visitor, Action<long>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(visitor);
        IReadOnlyList<SegmentName> names = SegmentDirectory.List(fileSystem, directory);
        if (names.Count == 0)
        {
            throw new FileNotFoundException($"{directory}: no write-ahead log", directory);
        }

        var contents = new RecordContents();
        uint? chain = null;
        long done = 0;
        for (int at = 0; at < names.Count; at++)
        {
            using Segment segment = Segment.OpenToRead(fileSystem, directory, names[at]);
            if (at > 0 && names[at].Sequence != names[at - 1].Sequence + 1)
            {
                visitor.Fault(new LogFault(segment.Path, 0, $"segment {names[at - 1].Sequence + 1:x16} before it is missing", IsTorn: false));
                chain = null;
            }

            new SegmentWalk(segment, at == names.Count - 1, contents, visitor).Run(ref chain);
            done += segment.File.Length;
            progress?.Invoke(done);
        }

        return [.. names.Select(name => new LogSegment(Path.Combine(directory, name.ToString()), name.FirstIndex))];
    }
}
