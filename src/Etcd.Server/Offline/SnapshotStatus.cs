using System.Globalization;

using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Mvcc;
using Etcd.Server.Offline.Inspection;

namespace Etcd.Server.Offline;

/// <summary>What a snapshot file, or a member's database file, holds.</summary>
/// <param name="Hash">CRC-32C over bucket names, keys and values of the whole file, nothing left out.</param>
/// <param name="Revision">Newest revision in it.</param>
/// <param name="TotalKeys">Pairs in all buckets, not user keys.</param>
/// <param name="TotalBytes">Bytes of the database's pages, used or free.</param>
public sealed record SnapshotStatus(uint Hash, long Revision, int TotalKeys, long TotalBytes)
{
    /// <summary>Reads a file without changing it. All of its structure is checked first, and what its pairs say of each other.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="path">The file.</param>
    /// <param name="lockTimeout">How long to wait for the file's lock.</param>
    /// <exception cref="OfflineException">There is no such file, it is in use, no database, or damaged.</exception>
    public static SnapshotStatus Read(IFileSystem fileSystem, string path, TimeSpan? lockTimeout)
    {
        try
        {
            // A directory is there as well, and opened it is no database.
            if (!fileSystem.FileExists(path) && !fileSystem.DirectoryExists(path))
            {
                throw UnseenPaths.Error(fileSystem, path, "stat");
            }

            using BoltDatabase database = BoltDatabase.Open(fileSystem, path, new BoltOptions { ReadOnly = true, LockTimeout = lockTimeout });
            ThrowIfAny(database.Check());
            using BoltReadTransaction transaction = database.BeginRead();
            List<string> errors = [];
            DatabaseContent.Check(transaction, errors.Add);
            ThrowIfAny(errors);
            return Read(transaction);
        }
        catch (DatabaseLockedException locked)
        {
            throw new OfflineException($"{path} is in use by another process", locked);
        }
        catch (CorruptDatabaseException damage)
        {
            throw new OfflineException("invalid database", damage);
        }
        catch (IOException failure) when (fileSystem.DirectoryExists(path))
        {
            throw new OfflineException("invalid database", failure);
        }
    }

    private static void ThrowIfAny(IReadOnlyList<string> errors)
    {
        if (errors.Count > 0)
        {
            throw new OfflineException(string.Create(
                CultureInfo.InvariantCulture,
                $"snapshot file integrity check failed. {errors.Count} errors found.\n{string.Join('\n', errors)}"));
        }
    }

    private static SnapshotStatus Read(BoltReadTransaction transaction)
    {
        uint hash = 0;
        int pairs = 0;
        foreach (byte[] name in transaction.BucketNames())
        {
            hash = Crc32C.Append(hash, name);
            BoltCursor cursor = transaction.Bucket(name)!.Cursor();
            for (bool more = cursor.MoveFirst(); more; more = cursor.MoveNext())
            {
                hash = Crc32C.Append(Crc32C.Append(hash, cursor.Key), cursor.Value);
                pairs++;
            }
        }

        return new SnapshotStatus(hash, NewestRevision(transaction), pairs, transaction.SizeBytes);
    }

    /// <summary>The revision that a store on the database would be at; 0 when there is none. It may be beyond the last record: releases before 3.4.34 and 3.5.16 take
    /// a deletion away with the compaction at it.</summary>
    internal static long CurrentRevision(BoltTransaction transaction) => Math.Max(NewestRevision(transaction), Math.Max(0, DatabaseLayout.ReadCompactRevision(transaction)));

    /// <summary>Main number of the last revision in the key bucket; 0 when there is none.</summary>
    private static long NewestRevision(BoltTransaction transaction)
    {
        BoltCursor? keys = transaction.Bucket(BackendBuckets.NameOf(BackendBucket.Key))?.Cursor();
        return keys is not null && keys.MoveLast() && Mvcc.Revision.TryRead(keys.Key, out Mvcc.Revision newest, out _) ? newest.Main : 0;
    }
}
