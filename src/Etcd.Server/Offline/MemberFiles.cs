using Etcd.Disk;
using Etcd.Raft;
using Etcd.Server.Bootstrap;
using Etcd.Wal;
using Etcd.Wal.Inspection;

namespace Etcd.Server.Offline;

/// <summary>Reads the log and the snapshots of a member that is not running, and changes nothing.</summary>
internal static class MemberFiles
{
    /// <summary>The newest snapshot that is whole and that the log has a record of; none for the beginning of the log.</summary>
    /// <exception cref="OfflineException">There is no such directory, or the log is damaged.</exception>
    internal static Snapshot NewestSnapshot(IFileSystem disk, DataDirectory directory)
    {
        RequireDirectory(disk, directory.Wal);
        RequireDirectory(disk, directory.Snapshots);
        IReadOnlyList<WalSnapshot> records = Guard(() => WriteAheadLog.ReadSnapshotRecords(disk, directory.Wal));
        return SnapshotFileInspection.ReadAll(disk, directory.Snapshots)
            .Reverse()
            .Select(file => file.Content)
            .FirstOrDefault(snapshot => snapshot is not null
                && records.Any(record => record.Index == snapshot.Metadata.Index && record.Term == snapshot.Metadata.Term))
            ?? Snapshot.None;
    }

    /// <summary>The log behind a snapshot.</summary>
    /// <exception cref="OfflineException">The log is damaged, or does not reach back to the snapshot.</exception>
    internal static WalContents LogAfter(IFileSystem disk, string directory, SnapshotMetadata snapshot)
    {
        RequireDirectory(disk, directory);
        return Guard(() => WriteAheadLog.Read(disk, directory, new WalSnapshot(snapshot.Index, snapshot.Term, snapshot.ConfState)));
    }

    private static void RequireDirectory(IFileSystem disk, string path)
    {
        if (!disk.DirectoryExists(path))
        {
            throw UnseenPaths.Error(disk, path);
        }
    }

    private static T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception refused) when (refused is CorruptWalException or WalSnapshotMissingException or FileNotFoundException)
        {
            throw new OfflineException(refused.Message, refused);
        }
    }
}
