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
/// <param name="ConsistentIndex">Index of the last entry in the database; <see langword="null"/> when it is too damaged to tell.</param>
/// <param name="DatabaseFindings">What is wrong with the database.</param>
public sealed record LogRepair(
    LogFault Fault, ulong LastIndexKept, ulong LastIndexFound, ulong? ConsistentIndex, IReadOnlyList<CheckFinding> DatabaseFindings)
{
    /// <summary>Whether the member starts on the cut log: its database must be whole, and everything that it holds still be in the log.</summary>
    public bool MemberWillStart => DatabaseFindings.All(finding => finding.IsTorn) && ConsistentIndex <= LastIndexKept;

    /// <summary>Looks for the first fault of a log.</summary>
    /// <returns><see langword="null"/> when there is none.</returns>
    /// <exception cref="OfflineException">There is no log, or another process uses the directory.</exception>
    public static LogRepair? Plan(IFileSystem fileSystem, DataDirectory directory, TimeSpan? lockTimeout)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(directory);
        // Of a member that runs nothing is said: its log is being written, and not to be cut.
        using BoltDatabase? held = MemberLock.Hold(fileSystem, directory.Backend, lockTimeout);
        var survey = new LogSurvey();
        try
        {
            LogWalk.Run(fileSystem, directory.Wal, survey);
        }
        catch (FileNotFoundException missing)
        {
            UnseenPaths.ThrowIfDenied(fileSystem, directory.Wal);
            throw new OfflineException(missing.Message, missing);
        }

        if (survey.Faults is not [LogFault first, ..])
        {
            return null;
        }

        List<CheckFinding> findings = [];
        var database = new DatabaseCheck(fileSystem, directory.Backend, findings);
        database.Run(lockTimeout);
        return new LogRepair(first, survey.LastIndexBeforeFault, survey.LastIndex, database.ConsistentIndex, findings);
    }

    /// <summary>Cuts the log as planned.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="directory">The directory; the same as in <see cref="Plan"/>.</param>
    /// <param name="backupDirectory">Where copies of what is changed go.</param>
    /// <param name="lockTimeout">How long to wait for the database's lock.</param>
    /// <returns>Paths of the copies.</returns>
    /// <exception cref="OfflineException">Another process uses the directory, a copy of that name is there already, or the database cannot tell
    /// what it needs of the log.</exception>
    public IReadOnlyList<string> Run(IFileSystem fileSystem, DataDirectory directory, string backupDirectory, TimeSpan? lockTimeout)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(directory);
        if (ConsistentIndex is null)
        {
            // What is cut off may be all there is of the data that the database has lost.
            throw new OfflineException(
                $"{directory.Backend} is damaged, and up to where the log is in it cannot be read: nothing was cut. Take the database of a backup first, or move this one away");
        }

        // Without a database the locks of the segments are all there is.
        using BoltDatabase? held = MemberLock.Hold(fileSystem, directory.Backend, lockTimeout);
        try
        {
            return LogCut.Run(fileSystem, directory.Wal, Fault, backupDirectory);
        }
        catch (WalLockedException refused)
        {
            throw new OfflineException($"{directory.Root} is in use by another process", refused);
        }
    }
}
