using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Raft;
using Etcd.Server.Bootstrap;
using Etcd.Wal;
using Etcd.Wal.Inspection;

namespace Etcd.Server.Offline.Inspection;

/// <summary>Reads everything in the data directory of a member that is not running, and reports every broken record.</summary>
public static class DataDirectoryCheck
{
    /// <summary>Checks a directory; nothing is changed.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="lockTimeout">How long to wait for the database's lock.</param>
    /// <param name="progress">Told the share of the work that is done, 0 to 1.</param>
    /// <exception cref="OfflineException">There is no data directory, or another process uses it.</exception>
    public static CheckReport Run(IFileSystem fileSystem, DataDirectory directory, TimeSpan? lockTimeout, IProgress<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(directory);
        if (!fileSystem.DirectoryExists(directory.Snapshots))
        {
            throw UnseenPaths.Error(fileSystem, directory.Snapshots);
        }

        // From the beginning: a member that starts meanwhile would make the log seem to end before what its database holds.
        using BoltDatabase? held = MemberLock.Hold(fileSystem, directory.Backend, lockTimeout);
        List<CheckFinding> findings = [];
        var log = new LogSurvey();
        IReadOnlyList<LogSegment> segments = CheckLog(fileSystem, directory.Wal, log, findings);
        progress?.Report(0.4);
        List<SnapshotMetadata> snapshots = CheckSnapshots(fileSystem, directory.Snapshots, log, findings);
        progress?.Report(0.5);
        var database = new DatabaseCheck(fileSystem, directory.Backend, findings);
        database.Run(lockTimeout);
        progress?.Report(1);
        if (segments.Count > 0)
        {
            CheckTogether(fileSystem, directory, segments[0], log, snapshots, database.ConsistentIndex, findings);
        }

        return new CheckReport(findings, segments.Count, log.Records, log.LastIndex, snapshots.Count, database.Pairs, database.ConsistentIndex ?? 0);
    }

    private static IReadOnlyList<LogSegment> CheckLog(IFileSystem disk, string directory, LogSurvey survey, List<CheckFinding> findings)
    {
        try
        {
            IReadOnlyList<LogSegment> segments = LogWalk.Run(disk, directory, survey);
            findings.AddRange(survey.Faults.Select(fault => new CheckFinding(fault.Path, fault.Offset, fault.Reason, fault.IsTorn)));
            return segments;
        }
        catch (FileNotFoundException)
        {
            UnseenPaths.ThrowIfDenied(disk, directory);
            findings.Add(new CheckFinding(directory, null, "there is no write-ahead log", IsTorn: false));
            return [];
        }
    }

    /// <returns>The snapshots that can be read, oldest first.</returns>
    private static List<SnapshotMetadata> CheckSnapshots(IFileSystem disk, string directory, LogSurvey log, List<CheckFinding> findings)
    {
        List<SnapshotMetadata> readable = [];
        foreach (SnapshotFileInspection file in SnapshotFileInspection.ReadAll(disk, directory))
        {
            string? fault = file.Content is { } snapshot ? TreeFault(snapshot.Data) : file.Fault;
            if (fault is null)
            {
                readable.Add(file.Content!.Metadata);
            }
            else
            {
                // Real etcd writes the file under its name and the record behind it: killed in between, it leaves a part of one that the log knows nothing of.
                bool isUnfinished = SnapshotStore.TryReadIndex(Path.GetFileName(file.Path), out ulong index) && !log.Mentions(index);
                findings.Add(new CheckFinding(file.Path, 0, fault, isUnfinished));
            }
        }

        return readable;
    }

    /// <summary>Whether log, snapshots and database are of one member at one time: each may be whole, and the member not start on the three of them.</summary>
    private static void CheckTogether(
        IFileSystem disk, DataDirectory directory, LogSegment first, LogSurvey log, List<SnapshotMetadata> snapshots, ulong? inDatabase, List<CheckFinding> findings)
    {
        ulong begin = snapshots.FindLast(log.BeginsAt)?.Index ?? 0;
        if (first.FirstIndex > begin)
        {
            string from = begin == 0 ? "there is no snapshot that it follows" : $"the newest snapshot that it knows is at {begin}";
            findings.Add(new CheckFinding(directory.Wal, null, $"the log begins at index {first.FirstIndex}, and {from}", IsTorn: false));
        }

        if (inDatabase > log.LastIndex)
        {
            findings.Add(new CheckFinding(
                directory.Backend, null, $"it holds data up to log index {inDatabase}, but the log ends at {log.LastIndex}", IsTorn: false));
        }

        // A database that a leader has sent takes the place of the other one at the next start.
        if (inDatabase < begin && disk.FileExists(directory.Backend) && new SnapshotStore(disk, directory.Snapshots).FindDatabase(begin) is null)
        {
            findings.Add(new CheckFinding(directory.Backend, null, $"it is at log index {inDatabase}, behind the snapshot at {begin}", IsTorn: false));
        }
    }

    private static string? TreeFault(ReadOnlyMemory<byte> dump)
    {
        try
        {
            V2.V2NameSpaces.NewStore().Recover(dump);
            return null;
        }
        catch (InvalidDataException malformed)
        {
            return malformed.Message;
        }
    }
}
