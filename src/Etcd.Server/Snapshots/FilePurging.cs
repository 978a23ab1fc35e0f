using Etcd.Disk;
using Etcd.Server.Bootstrap;
using Etcd.Wal;

namespace Etcd.Server.Snapshots;

/// <summary>Deletes old snapshot files and log segments from time to time.</summary>
internal sealed class FilePurging(IReadOnlyList<FilePurger> purgers, TimeSpan interval, TimeProvider time, ServerLog log)
{
    /// <summary>What deletes as many files as the options want gone.</summary>
    internal static List<FilePurger> PurgersFor(IFileSystem disk, ServerOptions options)
    {
        var directory = new DataDirectory(options.DataDirectory, options.WalDirectory);
        var purgers = new List<FilePurger>();
        if (options.SnapshotFilesMax > 0)
        {
            purgers.Add(new FilePurger(disk, directory.Snapshots, ".snap.db", options.SnapshotFilesMax));
            purgers.Add(new FilePurger(disk, directory.Snapshots, ".snap", options.SnapshotFilesMax));
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

    private void PurgeAll()
    {
        foreach (FilePurger purger in purgers)
        {
            try
            {
                foreach (string path in purger.PurgeOnce())
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
}
