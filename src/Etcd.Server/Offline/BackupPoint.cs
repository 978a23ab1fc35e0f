using System.Globalization;

using Etcd.Backup;
using Etcd.Bolt;
using Etcd.Disk;

namespace Etcd.Server.Offline;

/// <summary>A point that a backup directory can bring back.</summary>
/// <param name="Generation">The base and its changes.</param>
/// <param name="Revision">The revision to stop at; <see langword="null"/> for the last one there is.</param>
public sealed record BackupPoint(BackupGeneration Generation, long? Revision) : IRollForward
{
    /// <inheritdoc />
    public void Apply(IFileSystem fileSystem, string database, Action<OfflineNotice> notify, IProgress<double>? progress) =>
        new RollForward(fileSystem, Generation, Revision, notify, progress).Apply(database);

    /// <summary>Finds the newest point.</summary>
    /// <exception cref="OfflineException">There is no base in the directory.</exception>
    public static BackupPoint Newest(IFileSystem fileSystem, string directory) => new(All(fileSystem, directory)[^1], null);

    /// <summary>Finds a revision.</summary>
    /// <exception cref="OfflineException">All bases are newer, or there is none.</exception>
    public static BackupPoint AtRevision(IFileSystem fileSystem, string directory, long revision)
    {
        foreach (BackupGeneration generation in All(fileSystem, directory).Reverse())
        {
            if (generation.Revision <= revision && NewestInBase(fileSystem, generation) <= revision)
            {
                return new BackupPoint(generation, revision);
            }
        }

        throw new OfflineException($"{directory} begins after revision {revision}");
    }

    /// <summary>Finds the last revision that had been seen at a time, by the clock of the machine that keeps the backup.</summary>
    /// <exception cref="OfflineException">The time lies before the first base, or after the last record.</exception>
    public static BackupPoint AtTime(IFileSystem fileSystem, string directory, DateTimeOffset time)
    {
        IReadOnlyList<BackupGeneration> all = All(fileSystem, directory);
        for (int at = all.Count - 1; at >= 0; at--)
        {
            (long? revision, bool reaches) = LastSeen(fileSystem, all[at], time);
            if (revision is { } found && found >= NewestInBase(fileSystem, all[at]))
            {
                return reaches || at < all.Count - 1
                    ? new BackupPoint(all[at], found)
                    : throw new OfflineException($"{directory} is known to be complete up to revision {found} only, which was seen before {Format(time)}");
            }
        }

        throw new OfflineException($"{directory} begins after {Format(time)}");
    }

    private static IReadOnlyList<BackupGeneration> All(IFileSystem disk, string directory) => BackupGeneration.All(disk, directory) is { Count: > 0 } all
        ? all
        : throw new OfflineException($"{directory} holds no base snapshot");

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
            return SnapshotStatus.NewestRevision(transaction);
        }
        catch (CorruptDatabaseException damage)
        {
            throw new OfflineException(damage.Message, damage);
        }
    }

    private static string Format(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fffK", CultureInfo.InvariantCulture);
}
