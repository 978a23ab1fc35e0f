using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Mvcc;
using Etcd.Protocol.Errors;

namespace Etcd.Server.Offline;

/// <summary>Work on the database file of a member that is not running.</summary>
public static class DatabaseFile
{
    /// <summary>Rewrites the database of a data directory without its free pages.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="dataDirectory">The member's <c>--data-dir</c>.</param>
    /// <param name="notify">Takes notices.</param>
    /// <param name="time">Clock for how long it took.</param>
    /// <param name="lockTimeout">How long to wait for the file's lock.</param>
    /// <param name="progress">Told the bytes of keys and values copied so far.</param>
    /// <exception cref="OfflineException">There is no database, or it is in use or damaged.</exception>
    public static void Defragment(IFileSystem fileSystem, string dataDirectory, Action<OfflineNotice> notify, TimeProvider time, TimeSpan? lockTimeout, IProgress<long>? progress = null)
    {
        string path = Path.Combine(dataDirectory, "member", "snap", "db");
        Guard(fileSystem, path, () =>
        {
            // Opened for writing, a file of zeros would be taken for one that is still to be made.
            BoltDatabase.Open(fileSystem, path, new BoltOptions { ReadOnly = true, LockTimeout = lockTimeout }).Dispose();
            using Backend backend = Backend.Open(fileSystem, path, new BackendOptions { LockTimeout = lockTimeout, CommitsOnOwnThread = false });
            long started = time.GetTimestamp();
            (long size, long inUse) = (backend.SizeBytes, backend.InUseBytes);
            notify(new OfflineNotice(
                "backend",
                "defragmenting",
                ("path", path),
                ("current-db-size-bytes", size),
                ("current-db-size", ByteSize.Format(size)),
                ("current-db-size-in-use-bytes", inUse),
                ("current-db-size-in-use", ByteSize.Format(inUse))));
            backend.Defragment(progress);
            notify(new OfflineNotice(
                "backend",
                "finished defragmenting directory",
                ("path", path),
                ("current-db-size-bytes-diff", backend.SizeBytes - size),
                ("current-db-size-bytes", backend.SizeBytes),
                ("current-db-size", ByteSize.Format(backend.SizeBytes)),
                ("current-db-size-in-use-bytes-diff", backend.InUseBytes - inUse),
                ("current-db-size-in-use-bytes", backend.InUseBytes),
                ("current-db-size-in-use", ByteSize.Format(backend.InUseBytes)),
                ("took", $"{time.GetElapsedTime(started).TotalMilliseconds}ms")));
            return true;
        });
    }

    /// <summary>Computes the hash of the key space of a database file, equal to what a member answers to HashKV.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="path">The database or snapshot file; it is not changed.</param>
    /// <param name="revision">Newest revision to hash; 0 for the newest there is.</param>
    /// <param name="lockTimeout">How long to wait for the file's lock.</param>
    /// <exception cref="OfflineException">There is no such file, it is in use or damaged, or the revision is compacted or in the future.</exception>
    public static HashKvResult HashKv(IFileSystem fileSystem, string path, long revision, TimeSpan? lockTimeout) => Guard(fileSystem, path, () =>
    {
        using DatabaseKeySpace keys = DatabaseKeySpace.Open(fileSystem, path, lockTimeout);
        return keys.HashByRevision(revision);
    });

    private static T Guard<T>(IFileSystem fileSystem, string path, Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        if (!fileSystem.FileExists(path))
        {
            throw UnseenPaths.Error(fileSystem, path);
        }

        try
        {
            return BackendFailures.AsDiskFailures(work);
        }
        catch (DatabaseLockedException locked)
        {
            throw new OfflineException($"{path} is in use by another process", locked);
        }
        catch (EtcdException refused)
        {
            // No server speaks here: its name before the message would mislead.
            const string Speaker = "etcdserver: ";
            throw new OfflineException(
                refused.Message.StartsWith(Speaker, StringComparison.Ordinal) ? refused.Message[Speaker.Length..] : refused.Message, refused);
        }
        catch (Exception failure) when (failure is IOException or CorruptBackendException)
        {
            throw new OfflineException(failure.Message, failure);
        }
    }
}
