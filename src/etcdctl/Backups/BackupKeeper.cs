using Etcd.Backup;
using Etcd.Client;
using Etcd.Disk;
using Etcd.Protocol.Rpc;

namespace Etcdctl.Backups;

/// <summary>Takes base snapshots and follows the changes after them. Stopped at any moment, it goes on where it was.</summary>
/// <remarks>The member it works with is asked for its own revision before each snapshot, so that base and changes join: the base may hold more
/// than that, and a restore leaves out what it has already.</remarks>
internal sealed class BackupKeeper(EtcdClient client, IFileSystem disk, KeeperSettings settings, KeeperLog log)
{
    private string Endpoint => client.Endpoints[0];

    /// <summary>Keeps the directory, until it is current if that is all that is asked.</summary>
    /// <exception cref="InvalidDataException">The directory holds the backup of another cluster, or the member leaves out revisions.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        RemoveLeftovers();
        BackupGeneration generation = BackupGeneration.All(disk, settings.Directory) is [.., { } newest]
            ? newest
            : await TakeBaseAsync(cancellationToken);
        while (true)
        {
            StatusResponse status = await client.Maintenance.StatusAsync(Endpoint, cancellationToken);
            using ChangeFollower follower = ChangeFollower.Open(client, disk, generation, settings, status.Header.ClusterId, log);
            FollowOutcome outcome;
            try
            {
                outcome = await follower.RunAsync(settings.Once ? status.Header.Revision : null, cancellationToken);
            }
            catch (WatchCompactedException compacted)
            {
                log("changes are compacted, a new base is needed", ("compact-revision", compacted.CompactRevision));
                generation = await TakeBaseAsync(cancellationToken);
                continue;
            }

            if (outcome == FollowOutcome.Current)
            {
                return;
            }

            BackupGeneration next = await TakeBaseAsync(cancellationToken);
            await CloseGapAsync(follower, cancellationToken);
            generation = next;
        }
    }

    /// <summary>Lets the changes of the base before reach as far as the new base does, so that every revision can be restored.</summary>
    private async Task CloseGapAsync(ChangeFollower follower, CancellationToken cancellationToken)
    {
        StatusResponse status = await client.Maintenance.StatusAsync(Endpoint, cancellationToken);
        try
        {
            await follower.RunAsync(status.Header.Revision, cancellationToken);
        }
        catch (WatchCompactedException compacted)
        {
            log("the changes up to the new base are compacted", ("compact-revision", compacted.CompactRevision));
        }
    }

    private async Task<BackupGeneration> TakeBaseAsync(CancellationToken cancellationToken)
    {
        StatusResponse status = await client.Maintenance.StatusAsync(Endpoint, cancellationToken);
        var generation = new BackupGeneration(settings.Directory, status.Header.Revision);
        await SaveAsync(generation, cancellationToken);
        disk.DeleteFile(generation.ChangesPath);
        using (ChangeWriter writer = ChangeWriter.Create(disk, generation.ChangesPath, status.Header.ClusterId, generation.Revision + 1))
        {
            writer.Append(new ChangeRecord(DateTimeOffset.UtcNow) { Changes = new WatchResponse { Header = new ResponseHeader { Revision = generation.Revision } } });
        }

        log("took base snapshot", ("path", generation.BasePath), ("revision", generation.Revision));
        foreach (BackupGeneration old in BackupGeneration.All(disk, settings.Directory).SkipLast(settings.Retain))
        {
            old.Delete(disk);
            log("deleted base snapshot and its changes", ("path", old.BasePath));
        }

        return generation;
    }

    private async Task SaveAsync(BackupGeneration generation, CancellationToken cancellationToken)
    {
        using var file = SnapshotFile.Create(disk, generation.BasePath);
        await client.Maintenance.SaveSnapshotAsync(file.Content, null, cancellationToken);
        file.Keep();
    }

    private void RemoveLeftovers()
    {
        foreach (string name in disk.List(settings.Directory).Where(name => name.EndsWith(".part", StringComparison.Ordinal)))
        {
            disk.DeleteFile(Path.Combine(settings.Directory, name));
        }
    }
}
