using System.Text;

using Etcd.Disk;
using Etcd.Raft;
using Etcd.Wal.Inspection;

namespace Etcd.Server.Offline.Inspection;

/// <summary>Shows a <c>.snap</c> file: what it stands for, and the v2 tree in it.</summary>
public static class SnapshotDump
{
    /// <summary>Dumps a file, or all of a <c>snap</c> directory.</summary>
    /// <exception cref="OfflineException">There is no such file, or a file that is named cannot be read.</exception>
    public static void Run(IFileSystem fileSystem, string path, Action<DumpLine> write)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(write);
        if (fileSystem.DirectoryExists(path))
        {
            foreach (SnapshotFileInspection file in SnapshotFileInspection.ReadAll(fileSystem, path))
            {
                Write(file, write);
            }

            return;
        }

        if (!fileSystem.FileExists(path))
        {
            throw UnseenPaths.Error(fileSystem, path);
        }

        SnapshotFileInspection single = SnapshotFileInspection.Read(fileSystem, path);
        Write(single, write);
        if (single.Content is null)
        {
            throw new OfflineException($"{path}: {single.Fault}");
        }
    }

    private static void Write(SnapshotFileInspection file, Action<DumpLine> write)
    {
        if (file.Content is not { } snapshot)
        {
            write(new DumpLine("broken", ("file", file.Path), ("bytes", file.Bytes), ("reason", file.Fault)));
            return;
        }

        SnapshotMetadata metadata = snapshot.Metadata;
        write(new DumpLine(
            "snapshot",
            [
                ("file", file.Path), ("bytes", file.Bytes), ("term", metadata.Term), ("index", metadata.Index),
                .. ConfStateFacts.Of(metadata.ConfState), ("tree", new EmbeddedJson(Encoding.UTF8.GetString(snapshot.Data.Span))),
            ]));
    }
}
