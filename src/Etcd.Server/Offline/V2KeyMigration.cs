using System.Buffers;
using System.Buffers.Binary;

using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Mvcc;
using Etcd.Protocol.Kv;
using Etcd.Server.V2Api;
using Etcd.V2;
using Etcd.V2.Events;
using Etcd.V2.Paths;
using Etcd.V2.Tree;

using Google.Protobuf;

namespace Etcd.Server.Offline;

/// <summary>Copies the keys of the v2 API into the v3 store of a member that is not running, as etcd 3.4's <c>etcdctl migrate</c> does.</summary>
/// <remarks>
/// A key keeps its indexes: they become its revisions. Directories are no keys of the v3 store; hidden keys (a part of the path begins with <c>_</c>) are left
/// out, as listings leave them out; a time to live is lost. Real etcd overwrites what the v3 store has at such a revision, and skips what the log has for
/// the v3 store and the database has not: both are refused here. The v2 keys stay where they are.
/// </remarks>
public sealed class V2KeyMigration
{
    // A member of 3.4 sets it, too: a v2 key does not tell how often it was written.
    private const long UnknownVersion = 1;

    // A transformer that writes text instead of pairs must not make this one reserve whatever its letters come to.
    private const long PairBytesMax = 64 << 20;

    private readonly BoltBucket _bucket;
    private readonly List<V2Node> _nodes;

    private V2KeyMigration(BoltBucket bucket, List<V2Node> nodes)
    {
        _bucket = bucket;
        _nodes = nodes;
    }

    /// <summary>Copies the keys, all of them or none.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="options">Which, and how.</param>
    /// <param name="time">Clock for the time that keys have left, as the transformer sees it; it decides nothing.</param>
    /// <exception cref="OfflineException">The directory is missing, damaged or in use, the v3 store has something else in the place of a key, or the
    /// transformer failed.</exception>
    public static void Run(IFileSystem fileSystem, V2KeyMigrationOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        string path = options.Directory.Backend;
        if (!fileSystem.FileExists(path))
        {
            throw UnseenPaths.Error(fileSystem, path);
        }

        try
        {
            // Opened for writing, a file of zeros would be taken for one that is still to be made.
            BoltDatabase.Open(fileSystem, path, new BoltOptions { ReadOnly = true, LockTimeout = options.LockTimeout }).Dispose();
            V2Node keys = StoppedV2Tree.Rebuild(fileSystem, options.Directory, options.LockTimeout, time);
            List<V2Node> nodes = [.. Listed(keys).Where(node => node.IsPermanent || !options.LeavesOutExpiring)];
            using BoltDatabase database = BoltDatabase.Open(fileSystem, path, new BoltOptions { LockTimeout = options.LockTimeout });
            using BoltWriteTransaction transaction = database.BeginWrite();
            var migration = new V2KeyMigration(transaction.CreateBucketIfMissing(BackendBuckets.NameOf(BackendBucket.Key)), nodes);
            if (options.Transformer is { } transformer)
            {
                long now = UnixTime.NowNanoseconds(time);
                transformer(output => migration.WriteNodes(output, now), migration.ReadPairs);
            }
            else
            {
                migration.PutFiles();
            }

            transaction.Commit();
        }
        catch (DatabaseLockedException locked)
        {
            throw new OfflineException($"{path} is in use by another process", locked);
        }
        catch (Exception damage) when (damage is CorruptDatabaseException or CorruptBackendException or InvalidDataException)
        {
            throw new OfflineException(damage.Message, damage);
        }
    }

    /// <summary>A directory and what a recursive listing shows below it, a directory before what it holds.</summary>
    private static IEnumerable<V2Node> Listed(V2Node directory)
    {
        var open = new Stack<V2Node>([directory]);
        while (open.TryPop(out V2Node? node))
        {
            yield return node;
            foreach ((string name, V2Node child) in node.Children?.Reverse() ?? [])
            {
                if (!KeyPath.IsHiddenName(name))
                {
                    open.Push(child);
                }
            }
        }
    }

    private static string KeyOf(V2Node node) => node.Path.Length == V2NameSpaces.Keys.Length ? KeyPath.Root : node.Path[V2NameSpaces.Keys.Length..];

    private void PutFiles()
    {
        foreach (V2Node file in _nodes.Where(node => !node.IsDirectory))
        {
            Put(new KeyValue
            {
                Key = ByteString.CopyFromUtf8(KeyOf(file)),
                Value = ByteString.CopyFromUtf8(file.Value),
                CreateRevision = (long)file.CreatedIndex,
                ModRevision = (long)file.ModifiedIndex,
                Version = UnknownVersion,
            });
        }
    }

    private void WriteNodes(Stream output, long now)
    {
        var text = new ArrayBufferWriter<byte>();
        foreach (V2Node node in _nodes)
        {
            text.ResetWrittenCount();
            EventText.Write(text, node, KeyOf(node), now);
            output.Write(text.WrittenSpan);
        }
    }

    private void ReadPairs(Stream input)
    {
        byte[] head = new byte[sizeof(long)];
        while (input.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) is var read and > 0)
        {
            long length = BinaryPrimitives.ReadInt64LittleEndian(head);
            if (read < head.Length || length is < 0 or > PairBytesMax)
            {
                throw new OfflineException("the transformer wrote something that is no pair: a length of 8 bytes, little-endian, and a KeyValue");
            }

            byte[] pair = new byte[length];
            try
            {
                input.ReadExactly(pair);
                Put(KeyValue.Parser.ParseFrom(pair));
            }
            catch (Exception malformed) when (malformed is EndOfStreamException or InvalidProtocolBufferException)
            {
                throw new OfflineException($"the transformer wrote a pair that cannot be read: {malformed.Message}", malformed);
            }
        }
    }

    private void Put(KeyValue pair)
    {
        if (pair.ModRevision <= 0)
        {
            throw new OfflineException($"the transformer gave the key {pair.Key.ToStringUtf8()} no revision");
        }

        byte[] revision = new byte[Revision.SizeBytes];
        new Revision(pair.ModRevision, 0).WriteTo(revision);
        byte[] value = pair.ToByteArray();
        if (_bucket.TryGet(revision, out ReadOnlySpan<byte> taken) && !taken.SequenceEqual(value))
        {
            throw new OfflineException(
                $"the v3 store has another change at revision {pair.ModRevision}, where the v2 key {pair.Key.ToStringUtf8()} belongs: it would be lost. "
                + "Migrate before the v3 API is used");
        }

        _bucket.Put(revision, value);
    }
}
