using Etcd.Disk;
using Etcd.Raft;
using Etcd.Wal.Snapshots;

namespace Etcd.Wal.Inspection;

/// <summary>A <c>.snap</c> file as it was found.</summary>
/// <param name="Path">The file.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Content">What it holds; <see langword="null"/> when it cannot be read.</param>
/// <param name="Fault">Why it cannot; empty when it can.</param>
public sealed record SnapshotFileInspection(string Path, long Bytes, Snapshot? Content, string Fault)
{
    /// <summary>Reads a file and leaves it as it is.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static SnapshotFileInspection Read(IFileSystem fileSystem, string path)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        using IFile file = fileSystem.Open(path, FileOpening.Read);
        long length = file.Length;
        if (length > Array.MaxLength)
        {
            return new SnapshotFileInspection(path, length, null, $"{length} bytes are more than a snapshot can have");
        }

        byte[] bytes = new byte[length];
        bytes = bytes[..file.Read(bytes, 0)];
        return SnapshotFile.TryRead(bytes, out Snapshot? snapshot, out string fault)
            ? new SnapshotFileInspection(path, length, snapshot, string.Empty)
            : new SnapshotFileInspection(path, length, null, fault);
    }

    /// <summary>Reads all of a <c>snap</c> directory, oldest first.</summary>
    public static IReadOnlyList<SnapshotFileInspection> ReadAll(IFileSystem fileSystem, string directory)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        return
        [
            .. fileSystem.List(directory)
                .Where(name => name.EndsWith(SnapshotFile.Suffix, StringComparison.Ordinal))
                .Select(name => Read(fileSystem, System.IO.Path.Combine(directory, name))),
        ];
    }
}
