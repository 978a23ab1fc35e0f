using Etcd.Bolt;
using Etcd.Disk;

namespace Etcd.Server.Offline.Inspection;

/// <summary>Keeps members away from a directory while it is looked at or changed: who has the lock of the database has all of it.</summary>
internal static class MemberLock
{
    /// <summary>Takes the lock, beside others that only read.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="path">The database.</param>
    /// <param name="lockTimeout">How long to wait.</param>
    /// <returns>What holds it; <see langword="null"/> where there is no database that could be opened.</returns>
    /// <exception cref="OfflineException">A member has it.</exception>
    internal static BoltDatabase? Hold(IFileSystem disk, string path, TimeSpan? lockTimeout)
    {
        try
        {
            return disk.FileExists(path) ? BoltDatabase.Open(disk, path, new BoltOptions { ReadOnly = true, LockTimeout = lockTimeout }) : null;
        }
        catch (DatabaseLockedException locked)
        {
            throw new OfflineException($"{path} is in use by another process", locked);
        }
        catch (CorruptDatabaseException)
        {
            // A database nobody can open cannot be in use either.
            return null;
        }
    }
}
