using Etcd.Backup;
using Etcd.Client;
using Etcd.Disk;
using Etcd.Protocol.Rpc;

namespace Etcdctl.Backups;

/// <summary>Takes base snapshots and follows the changes after them. Stopped at any moment, it goes on where it was.</summary>
/// <remarks>The member it works with is asked for its revision before each snapshot, so that base and changes join: the base may hold more
/// than that, and a restore leaves out what it has already.</remarks>
internal sealed class BackupKeeper(EtcdClient client, IFileSystem disk, KeeperSettings settings, KeeperLog log)
{
    /// <summary>Keeps the directory, until it is current if that is all that is asked.</summary>
    /// <exception cref="InvalidDataException">The directory holds the backup of another cluster, or the member leaves out revisions.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        RemoveLeftovers();
        BackupGeneration generation = BackupGeneration.All(disk, settings.Directory) switch
        {
            [.., { } before, { } newest] when before.History == newest.History && !HasChanges(newest) => await ReachAsync(before, newest, cancellationToken),
            [.., { } newest] => newest,
            _ => await TakeBaseAsync(await NowAsync(cancellationToken), BackupGeneration.FirstHistory, cancellationToken),
        };
        while (true)
        {
            ResponseHeader now = await NowAsync(cancellationToken);
            using ChangeFollower follower = ChangeFollower.Open(client, disk, generation, settings, now.ClusterId, log);
            FollowOutcome outcome = await FollowAsync(follower, settings.Once ? now.Revision : null, cancellationToken);
            if (outcome == FollowOutcome.Current)
            {
                return;
            }

            generation = await NextAsync(generation, follower, outcome, cancellationToken);
        }
    }

    /// <summary>Whether anything was written behind a base: its generation is followed only once the one before reaches it.</summary>
    private bool HasChanges(BackupGeneration generation)
    {
        if (!disk.FileExists(generation.ChangesPath))
        {
            return false;
        }

        using ChangeReader reader = ChangeReader.Open(disk, generation.ChangesPath);
        return reader.Read() is not null && reader.Read() is not null;
    }

    /// <summary>Goes on where the newest base had just been taken when the keeper was stopped: the changes of the one before may not reach it yet.</summary>
    private async Task<BackupGeneration> ReachAsync(BackupGeneration before, BackupGeneration newest, CancellationToken cancellationToken)
    {
        ResponseHeader now = await NowAsync(cancellationToken);
        try
        {
            using ChangeFollower follower = ChangeFollower.Open(client, disk, before, settings, now.ClusterId, log);

            // A base may hold more than its name says; what it holds was there before now.
            if (now.Revision < newest.Revision || await FollowAsync(follower, now.Revision, cancellationToken) == FollowOutcome.OtherHistory)
            {
                return await BeginHistoryAsync(newest.History + 1, cancellationToken);
            }
        }
        catch (DamagedBackupException damage)
        {
            // What is kept from now on does not need it.
            log("the changes before the newest base are damaged and do not reach it", ("error", damage.Message));
            return newest;
        }

        DeleteOlderThan(newest);
        return newest;
    }

    private async Task<FollowOutcome> FollowAsync(ChangeFollower follower, long? until, CancellationToken cancellationToken)
    {
        try
        {
            return await follower.RunAsync(until, cancellationToken);
        }
        catch (WatchCompactedException compacted)
        {
            log("changes are compacted that are not in the directory", ("compact-revision", compacted.CompactRevision));
            return FollowOutcome.Compacted;
        }
    }

    private async Task<BackupGeneration> NextAsync(
        BackupGeneration last, ChangeFollower follower, FollowOutcome outcome, CancellationToken cancellationToken)
    {
        ResponseHeader now = await NowAsync(cancellationToken);

        // Both reasons for a new base come with a later revision, so that without one the cluster has been put back since.
        if (outcome != FollowOutcome.OtherHistory && now.Revision > last.Revision)
        {
            BackupGeneration next = await TakeBaseAsync(now, last.History, cancellationToken);
            if (outcome == FollowOutcome.Compacted || await ReachesAsync(follower, cancellationToken))
            {
                DeleteOlderThan(next);
                return next;
            }

            next.Delete(disk);
        }

        return await BeginHistoryAsync(last.History + 1, cancellationToken);
    }

    private async Task<BackupGeneration> BeginHistoryAsync(int history, CancellationToken cancellationToken)
    {
        BackupGeneration begin = await TakeBaseAsync(await NowAsync(cancellationToken), history, cancellationToken);
        log("a new history of the cluster begins; that before stays in the directory", ("history", (long)begin.History), ("revision", begin.Revision));
        return begin;
    }

    /// <summary>Lets the changes of the base before reach as far as the new base does, so that every revision can be restored.</summary>
    /// <returns>Whether the new base is of the same history.</returns>
    private async Task<bool> ReachesAsync(ChangeFollower follower, CancellationToken cancellationToken)
    {
        ResponseHeader now = await NowAsync(cancellationToken);
        return await FollowAsync(follower, now.Revision, cancellationToken) != FollowOutcome.OtherHistory;
    }

    /// <summary>Where the cluster is: no member that it asked is behind that.</summary>
    private async Task<ResponseHeader> NowAsync(CancellationToken cancellationToken) =>
        (await client.Kv.GetAsync("\0", new GetOptions { KeysOnly = true }, cancellationToken)).Header;

    private async Task<BackupGeneration> TakeBaseAsync(ResponseHeader before, int history, CancellationToken cancellationToken)
    {
        var generation = new BackupGeneration(settings.Directory, before.Revision, history);
        await SaveAsync(generation, cancellationToken);
        disk.DeleteFile(generation.ChangesPath);
        using (ChangeWriter writer = ChangeWriter.Create(disk, generation.ChangesPath, before.ClusterId, generation.Revision + 1))
        {
            writer.Append(new ChangeRecord(DateTimeOffset.UtcNow) { Changes = new WatchResponse { Header = new ResponseHeader { Revision = generation.Revision } } });
        }

        log("took base snapshot", ("path", generation.BasePath), ("revision", generation.Revision));
        return generation;
    }

    // What is of an earlier history is not counted and not deleted: the cluster may have been put back to the wrong moment.
    private void DeleteOlderThan(BackupGeneration newest)
    {
        IEnumerable<BackupGeneration> history = BackupGeneration.All(disk, settings.Directory).Where(generation => generation.History == newest.History);
        foreach (BackupGeneration old in history.SkipLast(settings.Retain))
        {
            old.Delete(disk);
            log("deleted base snapshot and its changes", ("path", old.BasePath));
        }
    }

    private async Task SaveAsync(BackupGeneration generation, CancellationToken cancellationToken)
    {
        using var file = SnapshotFile.Create(disk, generation.BasePath);
        await client.Maintenance.SaveSnapshotAsync(file.Content, null, cancellationToken);
        file.Keep();
    }

    private void RemoveLeftovers()
    {
        foreach (string name in disk.List(settings.Directory).Where(BackupGeneration.IsUnfinished))
        {
            disk.DeleteFile(Path.Combine(settings.Directory, name));
        }
    }
}
