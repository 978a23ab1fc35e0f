using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Server.Bootstrap;
using Etcd.Wal;
using Etcd.Wal.Inspection;

namespace Etcd.Server.Offline.Inspection;

/// <summary>What a repair of a log would do, and does when it is told to.</summary>
/// <param name="Fault">The first fault: the log is cut before it.</param>
/// <param name="LastIndexKept">Index of the last entry that stays.</param>
/// <param name="LastIndexFound">Index of the last entry that can be read at all, before or behind faults.</param>
/// <param name="ConsistentIndex">Index of the last entry in the database.</param>
public sealed record LogRepair(LogFault Fault, ulong LastIndexKept, ulong LastIndexFound, ulong ConsistentIndex)
{
    /// <summary>Whether the member starts on the cut log: everything that the database holds must still be in the log.</summary>
    public bool MemberWillStart => ConsistentIndex <= LastIndexKept;

    /// <summary>Looks for the first fault of a log.</summary>
    /// <returns><see langword="null"/> when there is none.</returns>
    /// <exception cref="OfflineException">There is no log, or another process uses the directory.</exception>
    public static LogRepair? Plan(IFileSystem fileSystem, DataDirectory directory, TimeSpan? lockTimeout)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(directory);
        var survey = new LogSurvey();
        try
        {
            LogWalk.Run(fileSystem, directory.Wal, survey);
        }
        catch (FileNotFoundException missing)
        {
            throw new OfflineException(missing.Message, missing);
        }

        if (survey.Faults is not [LogFault first, ..])
        {
            return null;
        }

        var database = new DatabaseCheck(fileSystem, directory.Backend, []);
        if (fileSystem.FileExists(directory.Backend))
        {
            database.Run(lockTimeout);
        }

        return new LogRepair(first, survey.LastIndexBeforeFault, survey.LastIndex, database.ConsistentIndex);
    }

    /// <summary>Cuts the log as planned.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="directory">The directory; the same as in <see cref="Plan"/>.</param>
    /// <param name="backupDirectory">Where copies of what is changed go.</param>
    /// <returns>Paths of the copies.</returns>
    /// <exception cref="OfflineException">Another process uses the directory, or a copy of that name is there already.</exception>
    public IReadOnlyList<string> Run(IFileSystem fileSystem, DataDirectory directory, string backupDirectory)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(directory);
        try
        {
            // The database's lock is the member's: with it in hand no member can start meanwhile.
            using BoltDatabase? held = Hold(fileSystem, directory.Backend);
            return LogCut.Run(fileSystem, directory.Wal, Fault, backupDirectory);
        }
        catch (Exception refused) when (refused is WalLockedException or DatabaseLockedException)
        {
            throw new OfflineException($"{directory.Root} is in use by another process", refused);
        }
    }

    private static BoltDatabase? Hold(IFileSystem disk, string path)
    {
        try
        {
            return disk.FileExists(path) ? BoltDatabase.Open(disk, path, new BoltOptions { ReadOnly = true }) : null;
        }
        catch (CorruptDatabaseException)
        {
            // A database nobody can open cannot be in use either; the segments' own locks follow.
            return null;
        }
    }
}
