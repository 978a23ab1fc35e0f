using System.Buffers.Binary;
using System.Security.Cryptography;

using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Mvcc;
using Etcd.Protocol.Replication;
using Etcd.Raft;
using Etcd.Server.Bootstrap;
using Etcd.Server.Consensus;
using Etcd.Server.Membership;
using Etcd.V2;
using Etcd.Wal;

namespace Etcd.Server.Offline;

/// <summary>Copies the data directory of a member that is not running, with the cluster's members taken out, as etcd's <c>backup</c> does. A member
/// starts on the copy with <c>--force-new-cluster</c>.</summary>
/// <remarks>For data of the v2 API, which snapshots do not hold. For v3 data alone a snapshot is the better backup.</remarks>
/// <param name="fileSystem">The disk.</param>
/// <param name="notify">Takes notices.</param>
public sealed class MemberBackup(IFileSystem fileSystem, Action<OfflineNotice> notify)
{
    /// <summary>Stands where a member's address would be, and says what is to be done about it.</summary>
    private const string PlaceholderPeerUrl = "http://use-flag--force-new-cluster:2080";

    private const string PlaceholderName = "etcdctl-v2-backup";

    /// <summary>Told the share of the database that is copied, 0 to 1; the rest is short.</summary>
    public IProgress<double>? Progress { get; init; }

    /// <summary>How long to wait for the lock of the source's database; <see langword="null"/> tries once.</summary>
    public TimeSpan? LockTimeout { get; init; }

    /// <summary>Makes the copy.</summary>
    /// <exception cref="OfflineException">The source is missing, damaged or in use, or the target is not empty; or the copy was made and its names may
    /// not be durable, which the message then says.</exception>
    /// <exception cref="IOException">The disk failed or is full; what was written is removed.</exception>
    public void Run(MemberBackupOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Snapshot snapshot = MemberFiles.NewestSnapshot(fileSystem, options.Source);
        RefuseUsedTarget(options.Target.Snapshots);
        if (fileSystem.DirectoryExists(options.Target.Wal) && fileSystem.List(options.Target.Wal).Count > 0)
        {
            throw new OfflineException($"expected \"{options.Target.Wal}\" to be empty");
        }

        WalContents log = MemberFiles.LogAfter(fileSystem, options.Source.Wal, snapshot.Metadata);
        string[] missing = [.. MissingDirectories.Of(fileSystem, options.Target.Snapshots), .. MissingDirectories.Of(fileSystem, options.Target.Wal)];
        try
        {
            fileSystem.CreateDirectory(options.Target.Snapshots);
            var placeholder = new Member(NewMemberId(), [PlaceholderPeerUrl], IsLearner: false, PlaceholderName, []);
            var configuration = new ConfState { Voters = [placeholder.Id] };
            if (!snapshot.IsEmpty)
            {
                var metadata = new SnapshotMetadata(snapshot.Metadata.Index, snapshot.Metadata.Term, configuration);
                new SnapshotStore(fileSystem, options.Target.Snapshots).Save(new Snapshot(metadata, WithoutMembers(snapshot.Data, placeholder)));
            }

            Entry[] entries = [.. log.Entries.Select(entry => IsLeftOut(entry, options.WithDatabase) ? entry with { Data = default, Type = EntryType.Normal } : entry)];
            WriteLog(options.Target.Wal, log, entries, snapshot.Metadata with { ConfState = configuration });
            WriteDatabase(options, placeholder, entries.Length > 0 ? (entries[^1].Index, entries[^1].Term) : (snapshot.Metadata.Index, snapshot.Metadata.Term));
            fileSystem.SyncDirectory(options.Target.Snapshots);
        }
        catch
        {
            RemoveUnfinished(options.Target);
            throw;
        }

        // A copy is only as durable as the names that lead to it.
        FinishedNames.Sync(
            fileSystem,
            MissingDirectories.ParentsOf([options.Target.Wal, options.Target.Snapshots, Path.Combine(options.Target.Root, "member"), options.Target.Root, .. missing]),
            options.Target.Root,
            notify);
    }

    // The two were empty or not there. What else stands beside them is not this run's to delete.
    private void RemoveUnfinished(DataDirectory target)
    {
        fileSystem.DeleteDirectory(target.Snapshots);
        fileSystem.DeleteDirectory(target.Wal);
        fileSystem.DeleteDirectory(target.Wal + ".tmp"); // a log is made under this name
        string member = Path.Combine(target.Root, "member");
        if (fileSystem.DirectoryExists(member) && fileSystem.List(member).Count == 0)
        {
            fileSystem.DeleteDirectory(member);
        }
    }

    private static ulong NewMemberId() => BinaryPrimitives.ReadUInt64BigEndian(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1;

    private void RefuseUsedTarget(string snapshots)
    {
        if (fileSystem.DirectoryExists(snapshots) && fileSystem.List(snapshots) is { Count: > 0 } names)
        {
            throw new OfflineException(
                $"failed creating backup snapshot dir: expected \"{snapshots}\" to be empty, got [{string.Join(' ', names.Select(name => $"\"{name}\""))}]");
        }
    }

    private static ReadOnlyMemory<byte> WithoutMembers(ReadOnlyMemory<byte> dump, Member placeholder)
    {
        V2Store tree = V2NameSpaces.NewStore();
        tree.Recover(dump);
        tree.Delete(MembershipBranch.MembersPath, isDirectory: true, recursive: true, 0);
        tree.Delete(MembershipBranch.RemovedPath, isDirectory: true, recursive: true, 0);
        string record = System.Text.Encoding.UTF8.GetString(MemberRecord.WriteRaftAttributes(placeholder));
        tree.Create(MembershipBranch.RaftAttributesPath(placeholder.Id), false, record, V2Expiry.Never, 0);
        return tree.TakeDump().ToJson();
    }

    /// <summary>Whether an entry speaks of members, or of v3 data that does not come along. It stays in the log as one that does nothing.</summary>
    private static bool IsLeftOut(in Entry entry, bool withDatabase)
    {
        if (entry.Type != EntryType.Normal)
        {
            return true;
        }

        if (entry.Data.IsEmpty)
        {
            return false;
        }

        if (LegacyRequestProbe.IsLegacyRequest(entry.Data.Span))
        {
            Request request = Request.Parser.ParseFrom(entry.Data.Span);
            return request.Method == "PUT" && MembershipBranch.TryReadAttributesPath(request.Path, out _);
        }

        return !withDatabase || InternalRaftRequest.Parser.ParseFrom(entry.Data.Span).ClusterMemberAttrSet is not null;
    }

    private void WriteLog(string directory, WalContents source, ReadOnlySpan<Entry> entries, SnapshotMetadata snapshot)
    {
        using WriteAheadLog log = WriteAheadLog.Create(fileSystem, directory, source.Metadata, new WalOptions());
        if (snapshot.Index > 0)
        {
            // The entries join a snapshot; the log has to know of it first.
            log.SaveSnapshot(new WalSnapshot(snapshot.Index, snapshot.Term, snapshot.ConfState));
        }

        log.Save(source.HardState, entries);
    }

    private void WriteDatabase(MemberBackupOptions options, Member placeholder, (ulong Index, ulong Term) last)
    {
        if (options.WithDatabase)
        {
            CopyDatabase(options.Source.Backend, options.Target.Backend);
        }

        notify(new OfflineNotice("membership", "Trimming membership information from the backend..."));
        using BoltDatabase database = BoltDatabase.Open(fileSystem, options.Target.Backend, new BoltOptions());
        using BoltWriteTransaction transaction = database.BeginWrite();
        StoredMembers.Replace(transaction, [placeholder]);

        // The cluster that the copy founds has nothing under way that the old one had.
        StoredMembers.ForgetCluster(transaction);
        if (!options.WithDatabase)
        {
            BoltBucket meta = transaction.CreateBucketIfMissing(BackendBuckets.NameOf(BackendBucket.Meta));
            meta.Put("consistent_index"u8.ToArray(), BigEndian(last.Index));
            meta.Put("term"u8.ToArray(), BigEndian(last.Term));
        }

        transaction.Commit();
    }

    private void CopyDatabase(string source, string target)
    {
        if (!fileSystem.FileExists(source))
        {
            throw UnseenPaths.Error(fileSystem, source);
        }

        try
        {
            using BoltDatabase database = BoltDatabase.Open(fileSystem, source, new BoltOptions { ReadOnly = true, LockTimeout = LockTimeout });
            using IFile file = fileSystem.Open(source, FileOpening.Read);
            SnapshotCopy.Write(fileSystem, file, database.SizeBytes, target, checksum: null, Progress);
        }
        catch (DatabaseLockedException locked)
        {
            throw new OfflineException($"{source} is in use by another process", locked);
        }
        catch (CorruptDatabaseException damage)
        {
            throw new OfflineException(damage.Message, damage);
        }
    }

    private static byte[] BigEndian(ulong value)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }
}
