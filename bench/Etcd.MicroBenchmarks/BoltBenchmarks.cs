using System.Buffers.Binary;

using Etcd.Bolt;
using Etcd.Disk.Linux;

namespace Etcd.MicroBenchmarks;

/// <summary>The B+tree file under etcd's load: revision keys that only rise, values of a few hundred bytes.</summary>
internal sealed class BoltBenchmarks : IBenchmarkArea
{
    private const int TreeKeys = 1_000_000;
    private const int ValueBytes = 128;
    private const int PutsPerCommit = 10_000;
    private const int LookupsPerRound = 100_000;

    public string Name => "bolt";

    public void Run(BenchmarkRunner runner)
    {
        string directory = Directory.CreateTempSubdirectory("etcd-bench-").FullName;
        try
        {
            MeasureWrites(runner, Path.Combine(directory, "writes"));
            MeasureReads(runner, Path.Combine(directory, "reads"));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static BoltDatabase Open(string path, bool syncs) => BoltDatabase.Open(
        LinuxFileSystem.Instance, path, new BoltOptions { InitialMapBytes = 10L << 30, UnsafeNoSync = !syncs });

    private static void MeasureWrites(BenchmarkRunner runner, string path)
    {
        using BoltDatabase database = Open(path, syncs: false);
        using BoltDatabase durable = Open(path + "-durable", syncs: true);
        byte[] value = new byte[ValueBytes];
        byte[][] keys = new byte[PutsPerCommit][];
        long revision = 0;
        void NextKeys()
        {
            for (int i = 0; i < keys.Length; i++)
            {
                keys[i] = RevisionKey(++revision);
            }
        }

        void PutAll(BoltDatabase target, int count)
        {
            using BoltWriteTransaction write = target.BeginWrite();
            BoltBucket bucket = write.CreateBucketIfMissing("key"u8);
            bucket.FillPercent = 0.9;
            for (int i = 0; i < count; i++)
            {
                bucket.Put(keys[i], value);
            }

            write.Commit();
        }

        void PutWithoutCommit()
        {
            using BoltWriteTransaction write = database.BeginWrite();
            BoltBucket bucket = write.CreateBucketIfMissing("key"u8);
            bucket.FillPercent = 0.9;
            foreach (byte[] key in keys)
            {
                bucket.Put(key, value);
            }
        }

        runner.Measure("bolt put ascending, 10,000, rolled back", PutsPerCommit, PutWithoutCommit, NextKeys);
        runner.Measure("bolt put ascending, 10,000 per commit, no sync", PutsPerCommit, () => PutAll(database, PutsPerCommit), NextKeys);
        runner.Measure("bolt put ascending, 10,000 per commit, durable", PutsPerCommit, () => PutAll(durable, PutsPerCommit), NextKeys);
        runner.Measure("bolt put ascending, 100 per commit, no sync", 100, () => PutAll(database, 100), NextKeys);
        runner.Measure("bolt commit of one put, no sync", 1, () => PutAll(database, 1), NextKeys);
    }

    private static void MeasureReads(BenchmarkRunner runner, string path)
    {
        using BoltDatabase database = Open(path, syncs: false);
        Fill(database);
        using BoltReadTransaction read = database.BeginRead();
        BoltBucket bucket = read.Bucket("key"u8)!;
        BoltCursor cursor = bucket.Cursor();
        byte[][] wanted = [.. RandomKeys(LookupsPerRound)];
        long sum = 0;

        runner.Measure("bolt get random of 1,000,000", LookupsPerRound, () =>
        {
            foreach (byte[] key in wanted)
            {
                sum += bucket.TryGet(key, out ReadOnlySpan<byte> value) ? value.Length : throw new InvalidOperationException("key lost");
            }
        });
        runner.Measure("bolt seek random of 1,000,000", LookupsPerRound, () =>
        {
            foreach (byte[] key in wanted)
            {
                sum += cursor.Seek(key) ? cursor.Value.Length : throw new InvalidOperationException("key lost");
            }
        });
        runner.Measure("bolt get random of 1,000 cached", LookupsPerRound, () =>
        {
            for (int i = 0; i < LookupsPerRound; i++)
            {
                sum += bucket.TryGet(wanted[i % 1000], out ReadOnlySpan<byte> value) ? value.Length : 0;
            }
        });
        runner.Measure("bolt cursor scan, key and value", LookupsPerRound, () =>
        {
            cursor.MoveFirst();
            for (int i = 0; i < LookupsPerRound; i++)
            {
                sum += cursor.Key.Length + cursor.Value.Length;
                cursor.MoveNext();
            }
        });
        runner.Measure("bolt begin read, get one, end", LookupsPerRound, () =>
        {
            for (int i = 0; i < LookupsPerRound; i++)
            {
                using BoltReadTransaction oneRead = database.BeginRead();
                sum += oneRead.Bucket("key"u8)!.TryGet(wanted[i % 1000], out ReadOnlySpan<byte> value) ? value.Length : 0;
            }
        });
        runner.Measure("bolt check of 1,000,000 keys, per key", TreeKeys, () => database.Check());
        read.Dispose();
        runner.Measure("bolt delete every tenth of 100,000, rolled back", 10_000, () =>
        {
            using BoltWriteTransaction write = database.BeginWrite();
            BoltBucket keys = write.Bucket("key"u8)!;
            for (int i = 0; i < 10_000; i++)
            {
                sum += keys.Delete(RevisionKey(1 + (10 * i))) ? 1 : throw new InvalidOperationException("key lost");
            }
        });
        runner.Measure("bolt put random over 1,000,000, 1,000 per commit, no sync", 1_000, () =>
        {
            using BoltWriteTransaction write = database.BeginWrite();
            BoltBucket keys = write.Bucket("key"u8)!;
            for (int i = 0; i < 1_000; i++)
            {
                keys.Put(wanted[i], wanted[i]);
            }

            write.Commit();
        });
        database.Dispose();
        runner.Measure("bolt open and close a file of 1,000,000 keys", 1, () => Open(path, syncs: false).Dispose());
        GC.KeepAlive(sum);
    }

    private static void Fill(BoltDatabase database)
    {
        byte[] value = new byte[ValueBytes];
        for (int done = 0; done < TreeKeys; done += PutsPerCommit)
        {
            using BoltWriteTransaction write = database.BeginWrite();
            BoltBucket bucket = write.CreateBucketIfMissing("key"u8);
            bucket.FillPercent = 0.9;
            for (int i = 1; i <= PutsPerCommit; i++)
            {
                bucket.Put(RevisionKey(done + i), value);
            }

            write.Commit();
        }
    }

    private static IEnumerable<byte[]> RandomKeys(int count)
    {
        var random = new Random(1);
        for (int i = 0; i < count; i++)
        {
            yield return RevisionKey(1 + random.Next(TreeKeys));
        }
    }

    private static byte[] RevisionKey(long main)
    {
        byte[] key = new byte[17];
        BinaryPrimitives.WriteInt64BigEndian(key, main);
        key[8] = (byte)'_';
        return key;
    }
}
