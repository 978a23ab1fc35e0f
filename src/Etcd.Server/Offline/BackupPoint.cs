using System.Globalization;

using Etcd.Backup;
using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Mvcc;

namespace Etcd.Server.Offline;

/// <summary>A point that a backup directory can bring back.</summary>
/// <param name="Generation">The base and its changes.</param>
/// <param name="Revision">The revision to stop at; <see langword="null"/> for the last one there is.</param>
public sealed record BackupPoint(BackupGeneration Generation, long? Revision) : IRollForward
{
    /// <inheritdoc />
    public void Apply(IFileSystem fileSystem, string database, Action<OfflineNotice> notify, IProgress<double>? progress)
    {
        try
        {
            BackendFailures.AsDiskFailures(() => new RollForward(fileSystem, Generation, Revision, notify, progress).Apply(database));
        }
        catch (CorruptBackendException damage)
        {
            throw new OfflineException($"{Generation.BasePath}: {damage.Message}", damage);
        }
    }

    /// <summary>Finds the newest point.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="history">The history of the cluster; <see langword="null"/> for the newest.</param>
    /// <exception cref="OfflineException">There is no base in the directory.</exception>
    public static BackupPoint Newest(IFileSystem fileSystem, string directory, int? history = null) =>
        new(All(fileSystem, directory, history)[^1], null);

    /// <summary>Finds a revision.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="revision">The revision.</param>
    /// <param name="history">The history of the cluster; <see langword="null"/> for the newest: the same revision of another has other keys.</param>
    /// <exception cref="OfflineException">All bases are newer, or there is none.</exception>
    public static BackupPoint AtRevision(IFileSystem fileSystem, string directory, long revision, int? history = null)
    {
        BackupGeneration[] all = All(fileSystem, directory, history);
        int newest = all[^1].History;
        foreach (BackupGeneration generation in all.AsEnumerable().Reverse().TakeWhile(generation => generation.History == newest))
        {
            if (generation.Revision <= revision && NewestInBase(fileSystem, generation) <= revision)
            {
                return new BackupPoint(generation, revision);
            }
        }

        throw new OfflineException(all[0].History == newest
            ? $"{directory} begins after revision {revision}"
            : $"{directory} begins after revision {revision} in history {newest}, which the cluster has been in since it was put back to an earlier state; "
                + $"an earlier one (from {all[0].History}) is restored with --history");
    }

    /// <summary>Finds the last revision that had been seen at a time, by the clock of the machine that keeps the backup.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="time">The time.</param>
    /// <param name="history">The history of the cluster; <see langword="null"/> for that which it was in at that time.</param>
    /// <exception cref="OfflineException">The time lies before the first base, or after the last record of its history.</exception>
    public static BackupPoint AtTime(IFileSystem fileSystem, string directory, DateTimeOffset time, int? history = null)
    {
        BackupGeneration[] all = All(fileSystem, directory, history);
        for (int at = all.Length - 1; at >= 0; at--)
        {
            (long? revision, bool reaches) = LastSeen(fileSystem, all[at], time);
            if (revision is { } found && found >= NewestInBase(fileSystem, all[at]))
            {
                // The changes of a base reach as far as the next base of the same history.
                return reaches || (at + 1 < all.Length && all[at + 1].History == all[at].History)
                    ? new BackupPoint(all[at], found)
                    : throw new OfflineException($"{directory} is known to be complete up to revision {found} only, which was seen before {Format(time)}");
            }
        }

        throw new OfflineException($"{directory} begins after {Format(time)}");
    }

    private static BackupGeneration[] All(IFileSystem disk, string directory, int? history)
    {
        IReadOnlyList<BackupGeneration> all = BackupGeneration.All(disk, directory);
        if (all.Count == 0)
        {
            throw new OfflineException($"{directory} holds no base snapshot");
        }

        BackupGeneration[] wanted = [.. all.Where(generation => history is null || generation.History == history)];
        return wanted.Length > 0
            ? wanted
            : throw new OfflineException($"{directory} holds no history {history}, but {string.Join(", ", all.Select(generation => generation.History).Distinct())}");
    }

    private static (long? Revision, bool Reaches) LastSeen(IFileSystem disk, BackupGeneration generation, DateTimeOffset time)
    {
        if (!disk.FileExists(generation.ChangesPath))
        {
            return (null, false);
        }

        using ChangeReader reader = ChangeReader.Open(disk, generation.ChangesPath);
        long? last = null;
        while (reader.Read() is { } record)
        {
            if (record.Time > time)
            {
                return (last, true);
            }

            last = record.Changes?.Header.Revision ?? last;
        }

        return (last, false);
    }

    private static long NewestInBase(IFileSystem disk, BackupGeneration generation)
    {
        try
        {
            using BoltDatabase database = BoltDatabase.Open(disk, generation.BasePath, new BoltOptions { ReadOnly = true });
            using BoltReadTransaction transaction = database.BeginRead();
            return SnapshotStatus.CurrentRevision(transaction);
        }
        catch (CorruptDatabaseException damage)
        {
            throw new OfflineException(damage.Message, damage);
        }
    }

    private static string Format(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fffK", CultureInfo.InvariantCulture);
}
