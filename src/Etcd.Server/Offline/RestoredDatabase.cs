using System.Buffers.Binary;

using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Mvcc;

namespace Etcd.Server.Offline;

/// <summary>Makes the database of an old cluster that of a new one: other members, a log that begins anew, perhaps a higher
/// revision. Keys, leases, users and alarms stay. One transaction.</summary>
internal sealed class RestoredDatabase(RestoreOptions options, InitialCluster cluster, Action<OfflineNotice> notify)
{
    private const long InitialMapBytesDefault = 10L << 30;

    // What bbolt maps at most, 256 TiB; and enough for a thousand writes a second over decades.
    private const ulong InitialMapBytesMax = 0xFFFF_FFFF_FFFF;
    private const long RevisionsLeftMin = 1L << 40;

    /// <summary>Refuses numbers that no database can have.</summary>
    /// <exception cref="OfflineException">One is too large.</exception>
    internal static void Check(RestoreOptions options)
    {
        if (options.InitialMapBytes > InitialMapBytesMax)
        {
            throw new OfflineException($"initial-memory-map-size {options.InitialMapBytes} is too large, the most is {InitialMapBytesMax} bytes");
        }

        CheckRaise(0, options.BumpRevision);
    }

    internal void Rewrite(IFileSystem disk, string path)
    {
        long mapBytes = options.InitialMapBytes == 0 ? InitialMapBytesDefault : (long)options.InitialMapBytes;
        // Opened for writing, a file of zeros would be taken for one that is still to be made.
        BoltDatabase.Open(disk, path, new BoltOptions { ReadOnly = true }).Dispose();
        using BoltDatabase database = BoltDatabase.Open(disk, path, new BoltOptions { InitialMapBytes = mapBytes });
        using BoltWriteTransaction transaction = database.BeginWrite();
        ReplaceMembers(transaction);
        if (options.BumpRevision > 0)
        {
            RaiseRevision(transaction);
        }

        // The new log's first entries add the members; the database says they are applied.
        BoltBucket meta = Bucket(transaction, BackendBucket.Meta);
        meta.Put("consistent_index"u8.ToArray(), BigEndian((ulong)cluster.Members.Count));
        meta.Put("term"u8.ToArray(), BigEndian(SnapshotRestore.FirstTerm));
        transaction.Commit();
    }

    private void ReplaceMembers(BoltWriteTransaction transaction)
    {
        notify(new OfflineNotice("membership", "Trimming membership information from the backend..."));
        StoredMembers.Replace(transaction, cluster.Members);
    }

    /// <summary>Adds an empty record at the raised revision and marks it for compaction: every watcher that asks for an older
    /// revision is told so, and no client sees a revision it knows with another content.</summary>
    private void RaiseRevision(BoltWriteTransaction transaction)
    {
        long latest = SnapshotStatus.CurrentRevision(transaction);
        CheckRaise(latest, options.BumpRevision);
        long raised = latest + (long)options.BumpRevision;
        byte[] revision = new byte[Revision.SizeBytes];
        new Revision(raised, 0).WriteTo(revision);
        notify(new OfflineNotice(
            "restore",
            "bumping latest revision",
            ("latest-revision", latest),
            ("bump-amount", options.BumpRevision),
            ("new-latest-revision", raised)));
        Bucket(transaction, BackendBucket.Key).Put(revision, default);
        notify(new OfflineNotice("restore", "marking revision compacted", ("revision", raised)));
        Bucket(transaction, BackendBucket.Meta).Put("scheduledCompactRev"u8.ToArray(), revision);
    }

    private static void CheckRaise(long latest, ulong bump)
    {
        // The new cluster counts on from there.
        ulong bumpMax = (ulong)Math.Max(0, long.MaxValue - RevisionsLeftMin - latest);
        if (bump > bumpMax)
        {
            throw new OfflineException($"bump-revision {bump} is too large, the most is {bumpMax} from revision {latest}");
        }
    }

    private static BoltBucket Bucket(BoltWriteTransaction transaction, BackendBucket bucket) =>
        transaction.CreateBucketIfMissing(BackendBuckets.NameOf(bucket));

    private static byte[] BigEndian(ulong value)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }
}
