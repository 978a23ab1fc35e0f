using Etcd.Disk;

namespace Etcd.Server.Offline;

/// <summary>Makes the names durable that lead to a finished result, which stays whatever comes of it.</summary>
internal static class FinishedNames
{
    /// <summary>Syncs the directories that this user may open, in the middle of the work.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="directories">The directories that the names stand in.</param>
    /// <exception cref="IOException">The disk failed.</exception>
    internal static void TrySync(IFileSystem disk, IReadOnlyList<string> directories)
    {
        foreach (string directory in directories)
        {
            try
            {
                disk.SyncDirectory(directory);
            }
            catch (UnauthorizedAccessException)
            {
                // It is told of when the result is finished.
                continue;
            }
        }
    }

    /// <summary>Syncs the directories.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="directories">The directories that the names stand in.</param>
    /// <param name="result">What is finished, as the operator calls it.</param>
    /// <param name="notify">Takes a notice of each directory that this user may not open: one like that above a data directory keeps nobody from using it.</param>
    /// <exception cref="OfflineException">The disk failed.</exception>
    internal static void Sync(IFileSystem disk, IReadOnlyList<string> directories, string result, Action<OfflineNotice> notify)
    {
        foreach (string directory in directories)
        {
            try
            {
                disk.SyncDirectory(directory);
            }
            catch (UnauthorizedAccessException refused)
            {
                notify(new OfflineNotice("disk", "could not make the names in a directory durable", ("path", directory), ("error", refused.Message)));
            }
            catch (IOException failure)
            {
                throw new OfflineException($"{result} is complete, but a loss of power may take it away: {failure.Message}", failure);
            }
        }
    }
}
