using System.Diagnostics;
using Etcd.Bolt;
using Etcd.Disk;

namespace Etcd.Mvcc;

/// <summary>The bolt file under a backend: opening, one commit, replacement by a compacted copy. One caller at a time.</summary>
internal sealed class BackendFile : IDisposable
{
    // Revisions only rise, so pages of bucket key can be filled well; etcd does the same.
    private const double KeyFillPercent = 0.9;
    private const double DefragmentFillPercent = 0.9;
    private const long DefragmentTransactionBytesMax = 16 * 1024 * 1024;
    private const int KeysPerSlab = 1024;
    private const string TemporarySuffix = ".tmp.";

    private readonly IFileSystem _fileSystem;
    private readonly string _path;
    private readonly BackendOptions _options;
    private readonly SpaceReclaimer _reclaimer;
    private volatile BoltDatabase _database;

    private BackendFile(IFileSystem fileSystem, string path, BackendOptions options, BoltDatabase database)
    {
        _fileSystem = fileSystem;
        _path = path;
        _options = options;
        _reclaimer = new SpaceReclaimer(options.Reclaim, options.Time);
        _database = database;
    }

    /// <summary>Name of the file. The database itself may have been opened under another, before it took this one.</summary>
    public string FilePath => _path;

    /// <summary>The open file.</summary>
    public BoltDatabase Database => _database;

    /// <summary>What was done to give free space back.</summary>
    public ReclaimFigures Reclaimed => _reclaimer.Figures;

    /// <summary>Time after which a commit should be made to give free space back; <see langword="null"/> for never.</summary>
    public TimeSpan? NextReclaimIn => _reclaimer.NextStepIn(_database, _options.BatchInterval);

    /// <summary>Opens or creates the file with all its buckets, and removes what an interrupted defragmentation left.</summary>
    public static BackendFile Open(IFileSystem fileSystem, string path, BackendOptions options)
    {
        BoltDatabase database = BoltDatabase.Open(fileSystem, path, BoltOptionsOf(options));
        try
        {
            DeleteLeftovers(fileSystem, path);
            CreateBuckets(database);
            return new BackendFile(fileSystem, path, options, database);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Writes a buffer and clean-up work in one transaction, together with the index of the last entry in the buffer.</summary>
    public void Commit(WriteBuffer buffer, IReadOnlyList<CleanUp> cleanUps, ConsistentIndex index)
    {
        long begun = Stopwatch.GetTimestamp();
        using (BoltWriteTransaction transaction = _database.BeginWrite())
        {
            BoltBucket keys = Bucket(transaction, BackendBucket.Key);
            keys.FillPercent = KeyFillPercent;
            Write(keys, buffer.Keys);

            // After the buffer: what a compaction takes away may have been written in this very interval.
            foreach (CleanUp cleanUp in cleanUps)
            {
                Write(transaction, keys, cleanUp);
            }

            for (var bucket = BackendBucket.Alarm; bucket <= BackendBucket.Meta; bucket++)
            {
                Write(transaction, bucket, buffer);
            }

            // Incident #13766: the index never goes to disk apart from the effects it stands for.
            index.Write(Bucket(transaction, BackendBucket.Meta));
            Commit(transaction, reclaims: cleanUps.Count == 0);
        }

        _options.CommitObserver?.Invoke(Stopwatch.GetElapsedTime(begun));
    }

    /// <summary>Commits, and gives free space back on the way, but for a compaction that still takes records away: what it is about to
    /// delete need not be moved.</summary>
    private void Commit(BoltWriteTransaction transaction, bool reclaims)
    {
        if (!reclaims)
        {
            transaction.Commit();
            return;
        }

        _reclaimer.Begin(_database, transaction);
        transaction.Commit();
        _reclaimer.End(_database, transaction);
    }

    /// <summary>Puts a copy without free pages in the place of the file.</summary>
    /// <remarks>
    /// A crash leaves either the old file or the complete new one; both have the same data and the same index, so no entry is
    /// applied twice (incident #14685). The new file is opened, and so locked, before it takes the name.
    /// </remarks>
    public void Defragment(IProgress<long>? progress)
    {
        string temporary = _path + TemporarySuffix + "defrag";
        BoltDatabase? compacted = null;
        try
        {
            _fileSystem.DeleteFile(temporary);
            _database.CompactTo(_fileSystem, temporary, DefragmentFillPercent, DefragmentTransactionBytesMax, progress);
            compacted = BoltDatabase.Open(_fileSystem, temporary, BoltOptionsOf(_options));
            _fileSystem.Rename(temporary, _path);
        }
        catch
        {
            compacted?.Dispose();
            _fileSystem.DeleteFile(temporary);
            throw;
        }

        BeginWith(compacted, "defragmentation");
    }

    /// <summary>Puts a received database in the place of the file.</summary>
    /// <remarks>A crash leaves the old file beside the database, or the database under the file's name. It is opened, and so locked and looked
    /// through, before it takes the name.</remarks>
    public void Install(string path)
    {
        if (!_fileSystem.FileExists(path))
        {
            throw new FileNotFoundException($"there is no database {path} to install", path);
        }

        BoltDatabase received = BoltDatabase.Open(_fileSystem, path, BoltOptionsOf(_options));
        try
        {
            CreateBuckets(received);
            _fileSystem.Rename(path, _path);
        }
        catch
        {
            received.Dispose();
            throw;
        }

        BeginWith(received, "exchange");
    }

    /// <summary>Goes on with a file that has taken the name. There is no way back: commits into the old one would be lost with it.</summary>
    /// <exception cref="BackendFailedException">The name may not be on disk.</exception>
    private void BeginWith(BoltDatabase successor, string work)
    {
        BoltDatabase old = _database;
        _database = successor;
        old.Dispose();
        try
        {
            _fileSystem.SyncDirectory(DirectoryOf(_path));
        }
        catch (Exception cause)
        {
            throw new BackendFailedException(
                $"{work} of {_path} failed when its new file already had the name: {cause.Message}. Which of the two files is found "
                + "after a loss of power nobody knows; the member must stop and replay its raft log after the disk is repaired", cause);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _database.Dispose();

    private static BoltOptions BoltOptionsOf(BackendOptions options) => new()
    {
        InitialMapBytes = options.InitialMapBytes,
        LockTimeout = options.LockTimeout,
        UnsafeNoSync = options.UnsafeNoSync,
    };

    private static void DeleteLeftovers(IFileSystem fileSystem, string path)
    {
        string directory = DirectoryOf(path);
        string prefix = Path.GetFileName(path) + TemporarySuffix;
        foreach (string name in fileSystem.List(directory))
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                fileSystem.DeleteFile(Path.Combine(directory, name));
            }
        }
    }

    private static void CreateBuckets(BoltDatabase database)
    {
        using BoltWriteTransaction transaction = database.BeginWrite();
        bool missing = false;
        for (var bucket = BackendBucket.Alarm; bucket <= BackendBucket.Meta; bucket++)
        {
            missing |= transaction.Bucket(BackendBuckets.NameOf(bucket)) is null;
            transaction.CreateBucketIfMissing(BackendBuckets.NameOf(bucket));
        }

        if (missing)
        {
            transaction.Commit();
        }
    }

    private static BoltBucket Bucket(BoltTransaction transaction, BackendBucket bucket) =>
        transaction.Bucket(BackendBuckets.NameOf(bucket))
        ?? throw new CorruptBackendException($"bucket {bucket} is missing");

    private static void Write(BoltWriteTransaction transaction, BoltBucket keys, CleanUp cleanUp)
    {
        foreach (ReadOnlyMemory<byte> revision in cleanUp.Revisions)
        {
            keys.Delete(revision.Span);
        }

        if (cleanUp.MetaKey is not null)
        {
            Bucket(transaction, BackendBucket.Meta).Put(cleanUp.MetaKey, cleanUp.MetaValue);
        }
    }

    private static void Write(BoltBucket keys, KeyLog log)
    {
        int count = log.Count;
        byte[] slab = [];
        for (int at = 0; at < count; at++)
        {
            int place = at % KeysPerSlab * Revision.TombstoneSizeBytes;
            if (place == 0)
            {
                slab = new byte[Math.Min(KeysPerSlab, count - at) * Revision.TombstoneSizeBytes];
            }

            ref readonly KeyLog.Entry entry = ref log[at];
            int length = entry.Revision.WriteTo(slab.AsSpan(place), entry.IsTombstone);
            keys.Put(slab.AsMemory(place, length), entry.Record);
        }
    }

    private static void Write(BoltWriteTransaction transaction, BackendBucket bucket, WriteBuffer buffer)
    {
        foreach ((ReadOnlyMemory<byte> key, ReadOnlyMemory<byte>? value) in buffer.Overlays[bucket])
        {
            if (value is { } present)
            {
                Bucket(transaction, bucket).Put(key, present);
            }
            else
            {
                Bucket(transaction, bucket).Delete(key.Span);
            }
        }
    }

    private static string DirectoryOf(string path) => Path.GetDirectoryName(path) is { Length: > 0 } directory ? directory : ".";
}
