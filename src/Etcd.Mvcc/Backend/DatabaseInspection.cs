using Etcd.Bolt;
using Etcd.Disk;

namespace Etcd.Mvcc;

/// <summary>What a database from elsewhere holds.</summary>
/// <param name="ConsistentIndex">Raft index of the last entry in it; 0 when it has none.</param>
/// <param name="Revision">Main revision of the newest record; 1 when it has none.</param>
/// <param name="SizeBytes">Its size without unused space at the end of the file.</param>
public readonly record struct InspectedDatabase(ulong ConsistentIndex, long Revision, long SizeBytes);

/// <summary>Looks all through a database that came from elsewhere, before anything is entrusted to it.</summary>
/// <remarks>The format has no checksum over its pages: a value that was changed on the way is not noticed. All that would stop a member
/// that has installed the database is: a file cut short, broken pages and trees, keys out of order, buckets that are missing, records that are
/// none or are not in their places.</remarks>
public static class DatabaseInspection
{
    /// <summary>Inspects a file, without changing it.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="CorruptDatabaseException">It is no database, is shorter than it says, or a page is damaged.</exception>
    /// <exception cref="CorruptBackendException">It holds what no member writes.</exception>
    public static InspectedDatabase Inspect(IFileSystem fileSystem, string path)
    {
        using BoltDatabase database = BoltDatabase.Open(fileSystem, path, new BoltOptions { ReadOnly = true });
        if (database.Check() is [string fault, ..])
        {
            throw new CorruptBackendException($"database {path} is damaged: {fault}");
        }

        using BoltReadTransaction transaction = database.BeginRead();
        BoltBucket meta = transaction.Bucket(BackendBuckets.NameOf(BackendBucket.Meta))
            ?? throw new CorruptBackendException($"database {path} has no bucket \"meta\"");
        ConsistentIndex index = ConsistentIndex.Read(meta);
        if (DatabaseLayout.Missing(transaction).FirstOrDefault() is { } missing)
        {
            throw new CorruptBackendException($"database {path} has no bucket \"{missing}\"");
        }

        return new InspectedDatabase(index.Index, LastRevision(transaction), database.SizeBytes);
    }

    private static long LastRevision(BoltReadTransaction transaction)
    {
        long last = 1;
        if (transaction.Bucket(BackendBuckets.NameOf(BackendBucket.Key)) is not { } keys)
        {
            return last;
        }

        // What a key's records say of each other is left out: it would take as much memory as the member's own index.
        var sequence = new RecordSequence(DatabaseLayout.ReadCompactRevision(transaction), followsKeys: false);
        BoltCursor cursor = keys.Cursor();
        for (bool found = cursor.MoveFirst(); found; found = cursor.MoveNext())
        {
            if (sequence.Take(cursor.Key, cursor.Value) is { } fault)
            {
                throw new CorruptBackendException($"bucket \"key\", key {Convert.ToHexString(cursor.Key)}: {fault}");
            }

            Revision.TryRead(cursor.Key, out Revision revision, out _);
            last = revision.Main;
        }

        return last;
    }
}
