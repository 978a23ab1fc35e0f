using Etcd.Disk;

namespace Etcd.Bolt.Pages;

/// <summary>Takes the lock that keeps other processes, real etcd among them, away from the file.</summary>
internal static class DatabaseLock
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(50);

    internal static void Take(IFile file, BoltOptions options)
    {
        FileLock kind = options.ReadOnly ? FileLock.FlockShared : FileLock.FlockExclusive;
        TimeSpan wait = options.LockTimeout ?? TimeSpan.Zero;
        bool waitsForEver = wait == Timeout.InfiniteTimeSpan;
        while (!file.TryLock(kind))
        {
            if (!waitsForEver && wait <= TimeSpan.Zero)
            {
                throw new DatabaseLockedException(file.Path);
            }

            // A file lock cannot be waited for with a time limit, so it is asked for again and again.
            Thread.Sleep(RetryInterval);
            wait -= waitsForEver ? TimeSpan.Zero : RetryInterval;
        }
    }
}
