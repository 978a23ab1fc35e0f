using Etcd.Disk;

namespace Etcd.Wal;

/// <summary>Deletes the oldest files of one kind, keeping a number of the newest. It has no timer: its owner calls it, every 30 s in etcd.</summary>
/// <param name="fileSystem">The disk.</param>
/// <param name="directory">Where the files are.</param>
/// <param name="suffix">End of their names: <c>.wal</c>, <c>.snap</c> or <c>.snap.db</c>. Names sort by age.</param>
/// <param name="kept">How many stay; 0 for all.</param>
/// <param name="isNeeded">Whether a file of that name is needed, however many newer ones there are; by default none is.</param>
public sealed class FilePurger(IFileSystem fileSystem, string directory, string suffix, int kept, Func<string, bool>? isNeeded = null)
{
    /// <summary>Deletes what is too many, oldest first. A locked file is still needed; where one is needed, so are all newer ones.</summary>
    /// <returns>Paths deleted.</returns>
    public IReadOnlyList<string> PurgeOnce()
    {
        List<string> deleted = [];
        if (kept == 0)
        {
            return deleted;
        }

        string[] names = [.. fileSystem.List(directory).Where(name => name.EndsWith(suffix, StringComparison.Ordinal))];
        foreach (string name in names.SkipLast(kept))
        {
            if (isNeeded is not null && isNeeded(name))
            {
                break;
            }

            string path = Path.Combine(directory, name);
            using IFile file = fileSystem.Open(path, FileOpening.ReadWrite);
            if (!file.TryLock(FileLock.OpenFileDescription))
            {
                break;
            }

            fileSystem.DeleteFile(path);
            deleted.Add(path);
        }

        return deleted;
    }
}
