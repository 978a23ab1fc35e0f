using System.Buffers.Binary;
using System.Text;

using Etcd.Bolt;

namespace Etcd.Mvcc;

/// <summary>Whether a database has the buckets of a member, and what bucket <c>meta</c> says of it.</summary>
/// <remarks>Members of 3.4, 3.5 and 3.6 make the same ten buckets as they start, before anything is written into one of them. What a copy without
/// v3 data (<c>backup --with-v3=false</c>) begins with has only those of the members, and <c>meta</c>.</remarks>
public static class DatabaseLayout
{
    /// <summary>Buckets that the database lacks; none while nothing has been written into it.</summary>
    /// <exception cref="CorruptDatabaseException">A page is damaged.</exception>
    public static IEnumerable<string> Missing(BoltTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        bool wasStarted = Has(transaction, BackendBucket.Key) || Has(transaction, BackendBucket.Lease) || Has(transaction, BackendBucket.Alarm)
            || Has(transaction, BackendBucket.Auth) || Has(transaction, BackendBucket.AuthRoles) || Has(transaction, BackendBucket.AuthUsers);
        return wasStarted && HasContent(transaction) ? All.Where(bucket => !Has(transaction, bucket)).Select(NameOf) : [];
    }

    /// <summary>Names of buckets that no member makes.</summary>
    /// <exception cref="CorruptDatabaseException">A page is damaged.</exception>
    public static IEnumerable<string> Unknown(BoltTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        HashSet<string> known = [.. All.Select(NameOf)];
        return transaction.BucketNames().Select(name => Encoding.UTF8.GetString(name)).Where(name => !known.Contains(name));
    }

    /// <summary>Raft index of the last entry in the database; <see langword="null"/> when it has none, or not one of 8 bytes.</summary>
    /// <exception cref="CorruptDatabaseException">A page on the way to it is damaged.</exception>
    public static ulong? ReadConsistentIndex(BoltTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        return transaction.Bucket(BackendBuckets.NameOf(BackendBucket.Meta)) is { } meta
            && meta.TryGet("consistent_index"u8, out ReadOnlySpan<byte> value) && value.Length == sizeof(ulong)
            ? BinaryPrimitives.ReadUInt64BigEndian(value)
            : null;
    }

    /// <summary>Revision of the last compaction, begun or finished; -1 for none.</summary>
    /// <exception cref="CorruptDatabaseException">A page on the way to it is damaged.</exception>
    public static long ReadCompactRevision(BoltTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        BoltBucket? meta = transaction.Bucket(BackendBuckets.NameOf(BackendBucket.Meta));
        return meta is null ? -1 : Math.Max(Mark(meta, CompactionMarks.ScheduledKey), Mark(meta, CompactionMarks.FinishedKey));
    }

    private static IEnumerable<BackendBucket> All => Enumerable.Range(0, BackendBuckets.Count).Select(number => (BackendBucket)number);

    private static string NameOf(BackendBucket bucket) => Encoding.UTF8.GetString(BackendBuckets.NameOf(bucket));

    private static bool Has(BoltTransaction transaction, BackendBucket bucket) => transaction.Bucket(BackendBuckets.NameOf(bucket)) is not null;

    private static bool HasContent(BoltTransaction transaction) => ReadConsistentIndex(transaction) > 0
        || transaction.Bucket(BackendBuckets.NameOf(BackendBucket.Key))?.Cursor().MoveFirst() is true
        || transaction.Bucket(BackendBuckets.NameOf(BackendBucket.Members))?.Cursor().MoveFirst() is true;

    private static long Mark(BoltBucket meta, byte[] key) =>
        meta.TryGet(key, out ReadOnlySpan<byte> value) && Revision.TryRead(value, out Revision revision, out _) ? revision.Main : -1;
}
