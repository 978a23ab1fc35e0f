using System.Buffers.Binary;
using System.Globalization;

using Etcd.Backup;
using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Mvcc;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Server.Offline;

/// <summary>Brings the database of a base snapshot forward by the changes that a backup directory has, up to a revision.</summary>
/// <remarks>Every revision must be there: a gap ends the restore. The records get the bytes that the member has, so that the hashes it had
/// reported can be compared afterwards.</remarks>
internal sealed class RollForward(
    IFileSystem disk, BackupGeneration generation, long? toRevision, Action<OfflineNotice> notify, IProgress<double>? progress)
{
    private const int EventsPerTransaction = 10_000;

    // What a transaction writes is in memory until it ends.
    private const long BytesPerTransaction = 16L << 20;

    private readonly List<ChangeRecord> _hashes = [];

    /// <summary>Applies the changes to a database.</summary>
    /// <exception cref="OfflineException">The base is newer than the revision, the changes end before it, or one is missing.</exception>
    /// <exception cref="DamagedBackupException">The file of changes is damaged.</exception>
    internal void Apply(string database)
    {
        long newest = ApplyAll(database);
        if (toRevision is { } wanted && newest != wanted)
        {
            throw new OfflineException(newest > wanted
                ? $"{generation.BasePath} is at revision {newest} already, later than {wanted}"
                : $"{generation.ChangesPath} ends at revision {newest}, before {wanted}");
        }

        notify(new OfflineNotice("restore", "rolled forward", ("path", generation.ChangesPath), ("revision", newest)));
        Verify(database, newest);
    }

    private long ApplyAll(string path)
    {
        // Opened for writing, a file of zeros would be taken for one that is still to be made.
        BoltDatabase.Open(disk, path, new BoltOptions { ReadOnly = true }).Dispose();
        using BoltDatabase database = BoltDatabase.Open(disk, path, new BoltOptions());
        using ChangeReader? changes = disk.FileExists(generation.ChangesPath) ? ChangeReader.Open(disk, generation.ChangesPath) : null;
        long newest = 0;
        bool more = true;
        for (bool isFirst = true; more; isFirst = false)
        {
            using BoltWriteTransaction transaction = database.BeginWrite();
            newest = isFirst ? Math.Max(1, SnapshotStatus.CurrentRevision(transaction)) : newest;
            more = changes is not null && ApplySome(changes, transaction, ref newest);
            transaction.Commit();
            progress?.Report(changes is null ? 1 : (double)changes.ValidEnd / changes.Length);
        }

        return newest;
    }

    private bool ApplySome(ChangeReader changes, BoltWriteTransaction transaction, ref long newest)
    {
        BoltBucket keys = transaction.CreateBucketIfMissing(BackendBuckets.NameOf(BackendBucket.Key));
        BoltBucket leases = transaction.CreateBucketIfMissing(BackendBuckets.NameOf(BackendBucket.Lease));
        keys.FillPercent = 0.9; // revisions only grow
        int done = 0;
        long begin = changes.ValidEnd;
        while (done < EventsPerTransaction && changes.ValidEnd - begin < BytesPerTransaction)
        {
            if (changes.Read() is not { } record)
            {
                if (changes.ValidEnd < changes.Length)
                {
                    notify(new OfflineNotice(
                        "restore",
                        "the last record is cut short and left out",
                        ("path", generation.ChangesPath),
                        ("offset", changes.ValidEnd),
                        ("bytes", changes.Length - changes.ValidEnd),
                        ("revision", newest)));
                }

                return false;
            }

            if (toRevision is { } wanted && record.Changes is { Events: [{ Kv.ModRevision: var first }, ..] } && first > wanted)
            {
                // What is behind, damage too, does not matter.
                return false;
            }

            if (record.Lease is { } lease)
            {
                Put(leases, lease);
            }
            else if (record.Hash is not null && record.HashRevision <= (toRevision ?? long.MaxValue))
            {
                _hashes.Add(record);
            }
            else if (record.Changes is { } response)
            {
                done += Put(keys, response, ref newest);
            }
        }

        return true;
    }

    private int Put(BoltBucket keys, WatchResponse response, ref long newest)
    {
        long revision = newest;
        long sub = 0;
        int done = 0;
        foreach (Event change in response.Events)
        {
            long main = change.Kv.ModRevision;
            if (main <= newest || main > (toRevision ?? long.MaxValue))
            {
                continue;
            }

            if (main != revision && main != revision + 1)
            {
                throw new OfflineException($"{generation.ChangesPath}: revision {revision + 1} is missing, {main} follows {revision}");
            }

            sub = main == revision ? sub + 1 : 0;
            revision = main;
            bool isDeletion = change.Type == Event.Types.EventType.Delete;
            byte[] key = new byte[isDeletion ? Revision.TombstoneSizeBytes : Revision.SizeBytes];
            new Revision(main, sub).WriteTo(key, isDeletion);
            keys.Put(key, (isDeletion ? new KeyValue { Key = change.Kv.Key } : change.Kv).ToByteArray());
            done++;
        }

        newest = revision;
        return done;
    }

    private static void Put(BoltBucket leases, LeaseTimeToLiveResponse lease)
    {
        byte[] key = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(key, lease.ID);
        if (!leases.TryGet(key, out _))
        {
            leases.Put(key, new Protocol.Leases.Lease { ID = lease.ID, TTL = lease.GrantedTTL }.ToByteArray());
        }
    }

    /// <summary>Compares with the newest hash that the member had reported.</summary>
    private void Verify(string path, long newest)
    {
        using Backend backend = Backend.Open(disk, path, new BackendOptions { CommitsOnOwnThread = false });
        using MvccStore store = MvccStore.Open(backend, new NoLeases(), new MvccOptions { CompactsInBackground = false });
        ChangeRecord? last = _hashes.FindLast(hash => hash.HashRevision <= newest && hash.Hash!.CompactRevision >= store.CompactRevision);
        if (last is null)
        {
            notify(new OfflineNotice("restore", "no hash to verify with", ("revision", newest)));
            return;
        }

        uint found = store.HashByRevision(last.HashRevision, last.Hash!.CompactRevision);
        if (found != last.Hash.Hash)
        {
            throw new OfflineException(string.Create(
                CultureInfo.InvariantCulture, $"the restored keys have hash {found} at revision {last.HashRevision}, the member had {last.Hash.Hash}"));
        }

        notify(new OfflineNotice("restore", "verified by hash", ("revision", last.HashRevision), ("hash", found)));
    }
}
