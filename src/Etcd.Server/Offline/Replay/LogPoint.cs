using Etcd.Disk;
using Etcd.Mvcc;
using Etcd.Server.Bootstrap;
using Etcd.Wal;

namespace Etcd.Server.Offline.Replay;

/// <summary>A point that the saved log of a member can bring a snapshot to.</summary>
/// <param name="Log">Directory of the log's segments.</param>
/// <param name="Database">The database of the same member, to compare the result with; <see langword="null"/> for none.</param>
/// <param name="Revision">The revision to stop at; <see langword="null"/> for the end of what is known to be committed.</param>
/// <param name="Time">Clock of leases while they are rebuilt; it decides nothing.</param>
/// <param name="LockTimeout">How long to wait for the lock of the database to compare with; <see langword="null"/> tries once.</param>
public sealed record LogPoint(string Log, string? Database, long? Revision, TimeProvider Time, TimeSpan? LockTimeout) : IRollForward
{
    /// <summary>Finds the log.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="path">A directory of segments, or the data directory of a member that is not running.</param>
    /// <param name="revision">As in the record.</param>
    /// <param name="time">As in the record.</param>
    /// <param name="lockTimeout">As in the record.</param>
    /// <exception cref="OfflineException">There is no log.</exception>
    public static LogPoint At(IFileSystem fileSystem, string path, long? revision, TimeProvider time, TimeSpan? lockTimeout = null)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        var member = new DataDirectory(path, null);
        if (WriteAheadLog.Exists(fileSystem, member.Wal))
        {
            return new LogPoint(member.Wal, fileSystem.FileExists(member.Backend) ? member.Backend : null, revision, time, lockTimeout);
        }

        UnseenPaths.ThrowIfDenied(fileSystem, member.Wal);
        return WriteAheadLog.Exists(fileSystem, path)
            ? new LogPoint(path, null, revision, time, lockTimeout)
            : throw new OfflineException($"{path}: no write-ahead log");
    }

    /// <inheritdoc />
    public void Apply(IFileSystem fileSystem, string database, Action<OfflineNotice> notify, IProgress<double>? progress)
    {
        try
        {
            BackendFailures.AsDiskFailures(() => new LogRollForward(fileSystem, this, notify, progress).Apply(database));
        }
        catch (Exception refused)
            when (refused is CorruptWalException or LogGapException or FileNotFoundException or InvalidDataException or CorruptBackendException)
        {
            throw new OfflineException(refused.Message, refused);
        }
    }
}
