using System.Text;

using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Mvcc;
using Etcd.Protocol.Replication;
using Etcd.Raft;
using Etcd.Server.Bootstrap;
using Etcd.Server.Consensus;
using Etcd.Wal;

namespace Etcd.Server.Offline;

/// <summary>The release whose schema a member's database follows, and how it is changed while the member is stopped.</summary>
/// <remarks>3.6 adds the mark <c>storageVersion</c> and refuses a database without the term and configuration that 3.5 writes; 3.5 refuses nothing,
/// but must not meet log entries that only 3.6 knows.</remarks>
public static class StorageVersion
{
    private static ReadOnlySpan<byte> MarkKey => "storageVersion"u8;

    /// <summary>Moves a data directory to the schema of a release.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="directory">The member's directory; it is not running.</param>
    /// <param name="target"><c>3.5</c> or <c>3.6</c>.</param>
    /// <param name="force">Leaves out the look into the log on the way back to 3.5.</param>
    /// <param name="lockTimeout">How long to wait for the database's lock.</param>
    /// <param name="notify">Takes notices.</param>
    /// <exception cref="OfflineException">There is no such way, or the directory is missing, damaged or in use.</exception>
    public static void Migrate(
        IFileSystem fileSystem, DataDirectory directory, string target, bool force, TimeSpan? lockTimeout, Action<OfflineNotice> notify)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(notify);
        if (target is not ("3.5" or "3.6"))
        {
            throw new OfflineException(
                $"target version \"{target}\" is none that data can be migrated to: 3.5 or 3.6. To go back to 3.4, restore a snapshot with it");
        }

        if (!fileSystem.FileExists(directory.Backend))
        {
            throw UnseenPaths.Error(fileSystem, directory.Backend);
        }

        try
        {
            BoltDatabase.Open(fileSystem, directory.Backend, new BoltOptions { ReadOnly = true, LockTimeout = lockTimeout }).Dispose();
            using BoltDatabase database = BoltDatabase.Open(fileSystem, directory.Backend, new BoltOptions { LockTimeout = lockTimeout });
            using BoltWriteTransaction transaction = database.BeginWrite();
            BoltBucket meta = transaction.Bucket(BackendBuckets.NameOf(BackendBucket.Meta))
                ?? throw new OfflineException($"{directory.Backend} has no bucket \"meta\"");
            string current = Read(meta);
            if (current == target || (current == "3.4" && target == "3.5"))
            {
                // A member of 3.5 adds what a database of 3.4 lacks as it goes.
                notify(new OfflineNotice("migrate", "storage version up-to-date", ("storage-version", current)));
                return;
            }

            Move(fileSystem, directory, meta, current, target, force);
            transaction.Commit();
            notify(new OfflineNotice("migrate", "updated storage version", ("new-storage-version", $"{target}.0")));
        }
        catch (DatabaseLockedException locked)
        {
            throw new OfflineException($"{directory.Backend} is in use by another process", locked);
        }
        catch (CorruptDatabaseException damage)
        {
            throw new OfflineException(damage.Message, damage);
        }
    }

    private static string Read(BoltBucket meta)
    {
        if (meta.TryGet(MarkKey, out ReadOnlySpan<byte> mark))
        {
            string text = Encoding.UTF8.GetString(mark);
            return text.StartsWith("3.6.", StringComparison.Ordinal) ? "3.6" : throw new OfflineException($"unknown storage version \"{text}\"");
        }

        return meta.TryGet("term"u8, out _) && meta.TryGet("confState"u8, out _) ? "3.5" : "3.4";
    }

    private static void Move(IFileSystem disk, DataDirectory directory, BoltBucket meta, string current, string target, bool force)
    {
        if (target == "3.5")
        {
            if (!force)
            {
                RefuseNewEntries(disk, directory);
            }

            meta.Delete(MarkKey.ToArray());
            return;
        }

        if (current == "3.4")
        {
            throw new OfflineException(
                "cannot migrate to 3.6: the database lacks the term or the configuration; start the member once with a release of 3.5");
        }

        meta.Put(MarkKey.ToArray(), "3.6.0"u8.ToArray());
    }

    private static void RefuseNewEntries(IFileSystem disk, DataDirectory directory)
    {
        Snapshot snapshot = MemberFiles.NewestSnapshot(disk, directory);
        WalContents log = MemberFiles.LogAfter(disk, directory.Wal, snapshot.Metadata);
        foreach (Entry entry in log.Entries.Where(entry => entry.Type == EntryType.Normal && !entry.Data.IsEmpty))
        {
            if (!LegacyRequestProbe.IsLegacyRequest(entry.Data.Span) && IsUnknown(InternalRaftRequest.Parser.ParseFrom(entry.Data.Span)))
            {
                throw new OfflineException(
                    $"cannot downgrade storage, the log contains entry {entry.Index}, which only a newer release knows: take a snapshot of the log first, or use --force");
            }
        }
    }

    // A request of a newer release has nothing that this one knows but its header.
    private static bool IsUnknown(InternalRaftRequest request) => InternalRaftRequest.Descriptor.Fields.InFieldNumberOrder()
        .Where(field => field.FieldNumber is not (1 or 100))
        .All(field => field.FieldType == Google.Protobuf.Reflection.FieldType.Message
            ? field.Accessor.GetValue(request) is null
            : Equals(field.Accessor.GetValue(request), Google.Protobuf.ByteString.Empty));
}
