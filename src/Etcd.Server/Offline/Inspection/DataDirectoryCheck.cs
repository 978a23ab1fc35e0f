using Etcd.Disk;
using Etcd.Server.Bootstrap;
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
            throw new OfflineException($"open {directory.Snapshots}: no such file or directory");
        }

        List<CheckFinding> findings = [];
        var log = new LogSurvey();
        int segments = CheckLog(fileSystem, directory.Wal, log, findings);
        progress?.Report(0.4);
        int snapshots = CheckSnapshots(fileSystem, directory.Snapshots, findings);
        progress?.Report(0.5);
        var database = new DatabaseCheck(fileSystem, directory.Backend, findings);
        database.Run(lockTimeout);
        progress?.Report(1);
        if (database.ConsistentIndex > log.LastIndex && segments > 0)
        {
            findings.Add(new CheckFinding(
                directory.Backend, null, $"it holds data up to log index {database.ConsistentIndex}, but the log ends at {log.LastIndex}", IsTorn: false));
        }

        return new CheckReport(findings, segments, log.Records, log.LastIndex, snapshots, database.Pairs, database.ConsistentIndex ?? 0);
    }

    private static int CheckLog(IFileSystem disk, string directory, LogSurvey survey, List<CheckFinding> findings)
    {
        try
        {
            int segments = LogWalk.Run(disk, directory, survey).Count;
            findings.AddRange(survey.Faults.Select(fault => new CheckFinding(fault.Path, fault.Offset, fault.Reason, fault.IsTorn)));
            return segments;
        }
        catch (FileNotFoundException)
        {
            findings.Add(new CheckFinding(directory, null, "there is no write-ahead log", IsTorn: false));
            return 0;
        }
    }

    private static int CheckSnapshots(IFileSystem disk, string directory, List<CheckFinding> findings)
    {
        int readable = 0;
        foreach (SnapshotFileInspection file in SnapshotFileInspection.ReadAll(disk, directory))
        {
            string? fault = file.Content is { } snapshot ? TreeFault(snapshot.Data) : file.Fault;
            readable += fault is null ? 1 : 0;
            if (fault is not null)
            {
                findings.Add(new CheckFinding(file.Path, 0, fault, IsTorn: false));
            }
        }

        return readable;
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
