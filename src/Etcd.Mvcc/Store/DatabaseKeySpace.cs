using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Protocol.Errors;

namespace Etcd.Mvcc;

/// <summary>The key space of a database file, read without a store and without changing the file.</summary>
/// <remarks>A store would open the file for writing: it makes buckets that are missing, deletes what an interrupted defragmentation has left beside it,
/// and needs leave to write.</remarks>
public sealed class DatabaseKeySpace : IDisposable
{
    private readonly BoltDatabase _database;
    private readonly BoltReadTransaction _transaction;
    private readonly BoltBucket? _keys;

    private DatabaseKeySpace(BoltDatabase database)
    {
        _database = database;
        _transaction = database.BeginRead();
        _keys = _transaction.Bucket(BackendBuckets.NameOf(BackendBucket.Key));
        CompactRevision = DatabaseLayout.ReadCompactRevision(_transaction);
        CurrentRevision = Math.Max(LastRevision(), CompactRevision);
    }

    /// <summary>Newest revision, 1 when there is none.</summary>
    public long CurrentRevision { get; }

    /// <summary>Revision of the last compaction, -1 before the first.</summary>
    public long CompactRevision { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="path">The file.</param>
    /// <param name="lockTimeout">How long to wait for its lock; see <c>BoltOptions.LockTimeout</c>.</param>
    /// <exception cref="DatabaseLockedException">Another process has it open for writing.</exception>
    /// <exception cref="CorruptDatabaseException">The file is no database.</exception>
    /// <exception cref="CorruptBackendException">It is damaged, or holds what no store wrote.</exception>
    public static DatabaseKeySpace Open(IFileSystem fileSystem, string path, TimeSpan? lockTimeout)
    {
        BoltDatabase database = BoltDatabase.Open(fileSystem, path, new BoltOptions { ReadOnly = true, LockTimeout = lockTimeout });
        try
        {
            // A tree with a ring in it would be walked for ever, and a hash over half a tree would look like one over another history.
            return database.Check() is [string fault, ..]
                ? throw new CorruptBackendException($"database {path} is damaged: {fault}")
                : new DatabaseKeySpace(database);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>As <see cref="MvccStore.HashByRevision(long)"/> of a store on this file.</summary>
    /// <exception cref="EtcdException">The revision is compacted or in the future.</exception>
    public HashKvResult HashByRevision(long revision)
    {
        if (revision > 0 && revision < CompactRevision)
        {
            throw new EtcdException(EtcdErrorCode.Compacted);
        }

        long at = revision == 0 ? CurrentRevision : revision;
        return new HashKvResult(HashByRevision(at, CompactRevision), CompactRevision, at, CurrentRevision);
    }

    /// <summary>As <see cref="MvccStore.HashByRevision(long, long)"/> of a store on this file.</summary>
    /// <exception cref="EtcdException">The revision is in the future, or the compaction before this file's.</exception>
    public uint HashByRevision(long revision, long compactRevision)
    {
        if (compactRevision < CompactRevision)
        {
            throw new EtcdException(EtcdErrorCode.Compacted);
        }

        if (revision > CurrentRevision)
        {
            throw new EtcdException(EtcdErrorCode.FutureRevision);
        }

        Dictionary<ReadOnlyMemory<byte>, Revision> inForce = InForce(compactRevision > 0 ? revision : 0);
        Dictionary<ReadOnlyMemory<byte>, Revision>.AlternateLookup<ReadOnlySpan<byte>> inForceOf = inForce.GetAlternateLookup<ReadOnlySpan<byte>>();
        var hash = new KeySpaceHash(compactRevision, revision, inForce.Count > 0);
        BoltCursor? cursor = _keys?.Cursor();
        for (bool found = cursor?.MoveFirst() ?? false; found; found = cursor!.MoveNext())
        {
            Revision at = RevisionOf(cursor!, out bool isTombstone);
            if (at.Main > revision)
            {
                break;
            }

            bool isKept = hash.DependsOnKeep(at)
                && inForceOf.TryGetValue(KeyValueRecord.Parse(cursor!.Value, at).Key, out Revision newest) && newest == at;
            hash.Append(cursor!.Key, cursor.Value, at, isTombstone, isKept);
        }

        return hash.Value;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _transaction.Dispose();
        _database.Dispose();
    }

    /// <summary>The record of each key that there is at a revision; none at 0.</summary>
    private Dictionary<ReadOnlyMemory<byte>, Revision> InForce(long revision)
    {
        var inForce = new Dictionary<ReadOnlyMemory<byte>, Revision>(KeyBytesComparer.Instance);
        Dictionary<ReadOnlyMemory<byte>, Revision>.AlternateLookup<ReadOnlySpan<byte>> byKey = inForce.GetAlternateLookup<ReadOnlySpan<byte>>();
        BoltCursor? cursor = _keys?.Cursor();
        for (bool found = cursor?.MoveFirst() ?? false; found; found = cursor!.MoveNext())
        {
            Revision at = RevisionOf(cursor!, out bool isTombstone);
            if (at.Main > revision)
            {
                break;
            }

            ReadOnlySpan<byte> key = KeyValueRecord.Parse(cursor!.Value, at).Key;
            if (isTombstone)
            {
                byKey.Remove(key);
            }
            else
            {
                byKey[key] = at;
            }
        }

        return inForce;
    }

    private long LastRevision() => _keys?.Cursor() is { } cursor && cursor.MoveLast() ? Math.Max(RevisionOf(cursor, out _).Main, 1) : 1;

    private static Revision RevisionOf(BoltCursor cursor, out bool isTombstone) =>
        Revision.TryRead(cursor.Key, out Revision revision, out isTombstone)
            ? revision
            : throw new CorruptBackendException($"bucket \"key\" holds a key that is no revision: {Convert.ToHexString(cursor.Key)}");
}
