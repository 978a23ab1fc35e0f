using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Protocol.Replication;
using Etcd.Raft;
using Etcd.Raft.Encoding;
using Etcd.Server.Membership;
using Etcd.V2;
using Etcd.Wal;

using Google.Protobuf;

namespace Etcd.Server.Offline;

/// <summary>Makes the data directory of a new cluster's member from a snapshot.</summary>
/// <param name="fileSystem">The disk.</param>
/// <param name="notify">Takes notices.</param>
public sealed class SnapshotRestore(IFileSystem fileSystem, Action<OfflineNotice> notify)
{
    /// <summary>Term of the entries that add the first members.</summary>
    internal const ulong FirstTerm = 1;

    // What is not finished stands under names that no member looks at: a crash leaves no directory that looks like a member's.
    private const string UnfinishedSuffix = ".restoring";

    // A log is made under a name that ends so.
    private const string TemporarySuffix = ".tmp";

    // Copy, what comes after the snapshot: shares of the time, roughly.
    private const double CopyEnd = 0.5;

    /// <summary>Told the share of the work that is done, 0 to 1.</summary>
    public IProgress<double>? Progress { get; init; }

    /// <summary>Restores. Nothing is written before the settings are found good, and nothing bears a name that a member looks at before the checksum is;
    /// what was written is removed on failure, and what a crash has left by the next try.</summary>
    /// <exception cref="OfflineException">The settings, the directories or the snapshot do not allow it; or the directory is restored and its name may
    /// not be durable, which the message then says.</exception>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public void Run(RestoreOptions options)
    {
        InitialCluster cluster = InitialCluster.Of(options);
        RestoredDatabase.Check(options);
        string member = Path.Combine(options.DataDirectory, "member");
        string building = member + UnfinishedSuffix;
        string snapshots = Path.Combine(member, "snap");
        string wal = options.WalDirectory ?? Path.Combine(member, "wal");
        string? below = PathBelow(member, wal);
        string buildingWal = below is null ? Path.TrimEndingDirectorySeparator(wal) + UnfinishedSuffix : Path.Combine(building, below);

        // The log gets its name first, so that one may stand there since a crash, with the rest of the same restore unfinished.
        bool hasLog = fileSystem.DirectoryExists(wal) && below is null && fileSystem.DirectoryExists(building);
        if (IsUsed(options.DataDirectory, [building, buildingWal, buildingWal + TemporarySuffix, .. hasLog ? [wal] : Array.Empty<string>()]))
        {
            throw new OfflineException($"data-dir \"{options.DataDirectory}\" not empty or could not be read");
        }

        if (options.WalDirectory is { } given && !hasLog && (fileSystem.DirectoryExists(given) || fileSystem.FileExists(given)))
        {
            throw new OfflineException($"wal-dir \"{given}\" exists");
        }

        notify(Notice("restoring snapshot", options, wal, snapshots));
        using IFile snapshot = OpenSnapshot(options);
        using SnapshotChecksum? checksum = options.SkipHashCheck ? null : SnapshotChecksum.Of(snapshot);
        IReadOnlyList<string> missing = MissingDirectories.Of(fileSystem, options.DataDirectory);
        bool isLogNamed = false;
        try
        {
            // It stays itself: without it nobody would know whose log it is that stands there.
            Empty(building);
            fileSystem.DeleteDirectory(buildingWal);
            IReadOnlyList<string> missingForWal = options.WalDirectory is null ? [] : MissingDirectories.Of(fileSystem, buildingWal);
            string buildingSnapshots = Path.Combine(building, "snap");
            fileSystem.CreateDirectory(buildingSnapshots);
            string database = Path.Combine(buildingSnapshots, "db");
            double copyEnd = options.RollForwardTo is null ? 1 : CopyEnd;
            SnapshotCopy.Write(
                fileSystem, snapshot, SnapshotChecksum.DatabaseBytesOf(snapshot), database, checksum, ProgressPart.Of(Progress, 0, copyEnd));
            if (options.RollForwardTo is { } point)
            {
                point.Apply(fileSystem, database, notify, ProgressPart.Of(Progress, copyEnd, 1));
            }

            new RestoredDatabase(options, cluster, notify).Rewrite(fileSystem, database);
            NotifyMembers(cluster);
            WriteLogAndSnapshot(cluster, buildingWal, buildingSnapshots);
            fileSystem.SyncDirectory(building);
            if (hasLog)
            {
                if (!SameFiles.Are(fileSystem, wal, buildingWal))
                {
                    throw new OfflineException($"wal-dir \"{wal}\" exists");
                }

                // It was durable before it got its name, so that it is as good as the new one.
                fileSystem.DeleteDirectory(buildingWal);
            }
            else if (below is null)
            {
                // What tells the next try that the log there is this one's must not be lost first.
                FinishedNames.TrySync(fileSystem, MissingDirectories.ParentsOf([building, options.DataDirectory, .. missing]));
                fileSystem.Rename(buildingWal, wal);
                isLogNamed = true;
            }

            if (options.WalDirectory is not null)
            {
                foreach (string parent in MissingDirectories.ParentsOf([below is null ? wal : buildingWal, .. missingForWal]))
                {
                    fileSystem.SyncDirectory(parent);
                }
            }

            fileSystem.Rename(building, member);
        }
        catch (Exception failure)
        {
            // The member's name comes last: what bears it is not of this restore, but of a member that was started on the directory meanwhile.
            if (isLogNamed && !fileSystem.DirectoryExists(member))
            {
                fileSystem.Rename(wal, buildingWal);
            }

            Empty(building);
            if (!hasLog)
            {
                fileSystem.DeleteDirectory(building);
            }

            fileSystem.DeleteDirectory(buildingWal);
            fileSystem.DeleteDirectory(buildingWal + TemporarySuffix);
            if (checksum is { IsWrong: true })
            {
                DeleteEmpty(missing);
            }

            throw failure is CorruptDatabaseException
                ? new OfflineException($"{options.SnapshotPath} is no database: {failure.Message}", failure)
                : failure;
        }

        FinishedNames.Sync(fileSystem, MissingDirectories.ParentsOf([member, options.DataDirectory, .. missing]), options.DataDirectory, notify);
        notify(Notice("restored snapshot", options, wal, snapshots));
    }

    /// <summary>The path from a directory to one below it; <see langword="null"/> for one that stands elsewhere.</summary>
    private static string? PathBelow(string directory, string path)
    {
        string start = Path.GetFullPath(directory) + Path.DirectorySeparatorChar;
        string whole = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return whole.StartsWith(start, StringComparison.Ordinal) ? whole[start.Length..] : null;
    }

    /// <summary>Whether anything stands in the data directory but what an earlier try of the same restore has left.</summary>
    private bool IsUsed(string directory, IReadOnlyList<string> own)
    {
        if (!fileSystem.DirectoryExists(directory))
        {
            return fileSystem.FileExists(directory);
        }

        string[] paths = [.. own.Select(path => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)))];
        try
        {
            return fileSystem.List(directory).Any(name => !paths.Contains(Path.GetFullPath(Path.Combine(directory, name))));
        }
        catch (UnauthorizedAccessException)
        {
            // What cannot be listed may hold anything.
            return true;
        }
    }

    private void Empty(string directory)
    {
        foreach (string path in fileSystem.DirectoryExists(directory) ? fileSystem.List(directory).Select(name => Path.Combine(directory, name)) : [])
        {
            if (fileSystem.DirectoryExists(path))
            {
                fileSystem.DeleteDirectory(path);
            }
            else
            {
                fileSystem.DeleteFile(path);
            }
        }
    }

    private static OfflineNotice Notice(string message, RestoreOptions options, string wal, string snapshots) => new(
        "restore",
        message,
        ("path", options.SnapshotPath),
        ("wal-dir", wal),
        ("data-dir", options.DataDirectory),
        ("snap-dir", snapshots),
        ("initial-memory-map-size", options.InitialMapBytes));

    private IFile OpenSnapshot(RestoreOptions options)
    {
        string path = options.SnapshotPath;
        try
        {
            IFile snapshot = fileSystem.Open(path, FileOpening.Read);

            // Without a checksum nothing would tell that a running member has written into its database while it was copied.
            if (!options.SkipHashCheck || snapshot.TryLock(FileLock.FlockShared))
            {
                return snapshot;
            }

            snapshot.Dispose();
            throw new OfflineException($"{path} is in use by another process");
        }
        catch (FileNotFoundException missing)
        {
            throw new OfflineException($"open {path}: no such file or directory", missing);
        }
    }

    // Somebody else may have put something into them meanwhile.
    private void DeleteEmpty(IReadOnlyList<string> innermostFirst)
    {
        foreach (string directory in innermostFirst.TakeWhile(made => fileSystem.List(made).Count == 0))
        {
            fileSystem.DeleteDirectory(directory);
        }
    }

    private void NotifyMembers(InitialCluster cluster)
    {
        foreach (Member member in cluster.Members)
        {
            notify(new OfflineNotice(
                "membership",
                "added member",
                ("cluster-id", Member.FormatId(cluster.ClusterId)),
                ("local-member-id", "0"),
                ("added-peer-id", Member.FormatId(member.Id)),
                ("added-peer-peer-urls", member.PeerUrls),
                ("added-peer-is-learner", member.IsLearner)));
        }
    }

    /// <summary>A log whose entries add the members, all committed, and a snapshot that includes them.</summary>
    private void WriteLogAndSnapshot(InitialCluster cluster, string wal, string snapshots)
    {
        ulong last = (ulong)cluster.Members.Count;
        var voters = new ConfState { Voters = [.. cluster.Members.Select(member => member.Id)] };
        byte[] metadata = new Metadata { NodeID = cluster.Self.Id, ClusterID = cluster.ClusterId }.ToByteArray();
        using WriteAheadLog log = WriteAheadLog.Create(fileSystem, wal, metadata, new WalOptions());
        log.Save(new HardState(FirstTerm, cluster.Members[0].Id, last), [.. cluster.Members.Select(Entry)]);

        // The tree has the members' addresses only: they tell their names once they start.
        var membership = new ClusterMembership(cluster.ClusterId, V2NameSpaces.NewStore());
        foreach (Member member in cluster.Members)
        {
            membership.TryAdd(member);
        }

        ReadOnlyMemory<byte> tree = membership.Tree.TakeDump().ToJson();
        new SnapshotStore(fileSystem, snapshots).Save(new Snapshot(new SnapshotMetadata(last, FirstTerm, voters), tree));
        log.SaveSnapshot(new WalSnapshot(last, FirstTerm, voters));
    }

    private static Entry Entry(Member member, int position)
    {
        var change = new ConfChange(ConfChangeType.AddNode, member.Id, MemberRecord.Write(member));
        return new Entry(FirstTerm, (ulong)position + 1, EntryType.ConfChange, ConfChangeCodec.Encode(change));
    }
}
