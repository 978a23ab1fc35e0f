using Etcd.Disk;
using Etcd.Server.Bootstrap;
using Etcd.Wal;

namespace Etcd.Server.Snapshots;

/// <summary>Deletes old snapshot files, received databases and log segments from time to time.</summary>
/// <remarks>However few are to stay, what a restart may need does: the newest snapshot that the log has recorded, and a received database until apply has
/// come as far. Below the applied index none is needed: raft takes no snapshot of what is committed, and apply waits for one that it took.</remarks>
/// <param name="purgers">What deletes files that are too many.</param>
/// <param name="snapshots">Where received databases are.</param>
/// <param name="appliedIndex">Index of the last entry in the backend.</param>
/// <param name="interval">Time between two rounds.</param>
/// <param name="time">Tells when it is over.</param>
/// <param name="log">Where deletions are told.</param>
internal sealed class FilePurging(
    IReadOnlyList<FilePurger> purgers,
    SnapshotStore snapshots,
    Func<ulong> appliedIndex,
    TimeSpan interval,
    TimeProvider time,
    ServerLog log)
{
    /// <summary>What deletes as many files as the options want gone.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="options">Where the files are, and how many stay.</param>
    /// <param name="recordedSnapshot">Index of the newest snapshot that the log has recorded.</param>
    internal static List<FilePurger> PurgersFor(IFileSystem disk, ServerOptions options, Func<ulong> recordedSnapshot)
    {
        var directory = new DataDirectory(options.DataDirectory, options.WalDirectory);
        var purgers = new List<FilePurger>();
        if (options.SnapshotFilesMax > 0)
        {
            purgers.Add(new FilePurger(
                disk,
                directory.Snapshots,
                ".snap",
                options.SnapshotFilesMax,
                name => SnapshotStore.TryReadIndex(name, out ulong index) && index >= recordedSnapshot()));
        }

        if (options.WalFilesMax > 0)
        {
            purgers.Add(new FilePurger(disk, directory.Wal, ".wal", options.WalFilesMax));
        }

        return purgers;
    }

    /// <summary>Runs until cancelled.</summary>
    internal async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
            {
                PurgeAll();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The member stops.
        }
    }

    /// <summary>One round.</summary>
    internal void PurgeAll()
    {
        Purge(() => snapshots.DeleteDatabasesBelow(appliedIndex()));
        foreach (FilePurger purger in purgers)
        {
            Purge(purger.PurgeOnce);
        }
    }

    private void Purge(Func<IReadOnlyList<string>> purge)
    {
        try
        {
            foreach (string path in purge())
            {
                log.Purged(path);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Old files do no harm but to the disk's space; the next round tries again.
            log.PurgeFailed(failure.Message);
        }
    }
}
