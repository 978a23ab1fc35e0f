using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Mvcc;
using Etcd.Protocol.Kv;
using Etcd.Server.Bootstrap;
using Etcd.V2;
using Etcd.V2.Tree;

using Google.Protobuf;

namespace Etcd.Server.Offline;

/// <summary>Copies the keys of the v2 API into the v3 store of a member that is not running, as etcd 3.4's <c>etcdctl migrate</c> does.</summary>
/// <remarks>
/// A key keeps its indexes: they become its revisions. Directories are no keys of the v3 store; hidden keys (a part of the path begins with <c>_</c>) are left
/// out, as listings leave them out; a time to live is lost. Real etcd overwrites what the v3 store has at such a revision, and skips what the log has for
/// the v3 store and the database has not: both are refused here. The v2 keys stay where they are.
/// </remarks>
public static class V2KeyMigration
{
    // A member of 3.4 sets it, too: a v2 key does not tell how often it was written.
    private const long UnknownVersion = 1;

    /// <summary>Copies the keys, all of them or none.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="directory">The member's directory; it is not running.</param>
    /// <param name="leavesOutExpiring">Leaves out keys with a time to live, which would stay for ever.</param>
    /// <param name="lockTimeout">How long to wait for the database's lock.</param>
    /// <param name="time">Clock of the tree while it is rebuilt; it decides nothing.</param>
    /// <returns>Number of keys copied.</returns>
    /// <exception cref="OfflineException">The directory is missing, damaged or in use, or the v3 store has something else in the place of a key.</exception>
    public static int Run(IFileSystem fileSystem, DataDirectory directory, bool leavesOutExpiring, TimeSpan? lockTimeout, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(time);
        if (!fileSystem.FileExists(directory.Backend))
        {
            throw new OfflineException($"open {directory.Backend}: no such file or directory");
        }

        try
        {
            // Opened for writing, a file of zeros would be taken for one that is still to be made.
            BoltDatabase.Open(fileSystem, directory.Backend, new BoltOptions { ReadOnly = true, LockTimeout = lockTimeout }).Dispose();
            V2Node keys = StoppedV2Tree.Rebuild(fileSystem, directory, lockTimeout, time);
            using BoltDatabase database = BoltDatabase.Open(fileSystem, directory.Backend, new BoltOptions { LockTimeout = lockTimeout });
            using BoltWriteTransaction transaction = database.BeginWrite();
            int copied = Copy(keys, transaction.CreateBucketIfMissing(BackendBuckets.NameOf(BackendBucket.Key)), leavesOutExpiring);
            transaction.Commit();
            return copied;
        }
        catch (DatabaseLockedException locked)
        {
            throw new OfflineException($"{directory.Backend} is in use by another process", locked);
        }
        catch (Exception damage) when (damage is CorruptDatabaseException or CorruptBackendException or InvalidDataException)
        {
            throw new OfflineException(damage.Message, damage);
        }
    }

    private static int Copy(V2Node directory, BoltBucket bucket, bool leavesOutExpiring)
    {
        int copied = 0;
        foreach (V2Node file in ListedFiles(directory).Where(file => file.IsPermanent || !leavesOutExpiring).OrderBy(file => file.ModifiedIndex))
        {
            string key = file.Path[V2NameSpaces.Keys.Length..];
            var pair = new KeyValue
            {
                Key = ByteString.CopyFromUtf8(key),
                Value = ByteString.CopyFromUtf8(file.Value),
                CreateRevision = (long)file.CreatedIndex,
                ModRevision = (long)file.ModifiedIndex,
                Version = UnknownVersion,
            };
            byte[] revision = new byte[Revision.SizeBytes];
            new Revision(pair.ModRevision, 0).WriteTo(revision);
            byte[] value = pair.ToByteArray();
            if (bucket.TryGet(revision, out ReadOnlySpan<byte> taken) && !taken.SequenceEqual(value))
            {
                throw new OfflineException(
                    $"the v3 store has a change of its own at revision {pair.ModRevision}, the index of the v2 key {key}: it would be lost. "
                    + "Keys can be migrated only into a store that was not written to before");
            }

            bucket.Put(revision, value);
            copied++;
        }

        return copied;
    }

    private static IEnumerable<V2Node> ListedFiles(V2Node directory)
    {
        var open = new Stack<V2Node>([directory]);
        while (open.TryPop(out V2Node? node))
        {
            foreach ((string name, V2Node child) in node.Children!)
            {
                if (name.StartsWith('_'))
                {
                    continue;
                }

                if (child.IsDirectory)
                {
                    open.Push(child);
                }
                else
                {
                    yield return child;
                }
            }
        }
    }
}
