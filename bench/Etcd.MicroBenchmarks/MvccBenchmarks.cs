using System.Buffers;
using System.Diagnostics;

using Etcd.Disk.Linux;
using Etcd.Mvcc;
using Etcd.Protocol.Rpc;
using Google.Protobuf;

namespace Etcd.MicroBenchmarks;

/// <summary>The store as apply and readers use it: puts, single reads, ranges of 100 keys, and a restart over a million keys.</summary>
internal sealed class MvccBenchmarks : IBenchmarkArea
{
    private const int Keys = 1_000_000;
    private const int ValueBytes = 100;
    private const int OperationsPerRound = 50_000;
    private const int RangesPerRound = 2_000;

    public string Name => "mvcc";

    public void Run(BenchmarkRunner runner)
    {
        string directory = Directory.CreateTempSubdirectory("etcd-bench-").FullName;
        string path = Path.Combine(directory, "db");
        try
        {
            Fill(path);
            MeasureRestart(path);
            Measure(runner, path);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static Backend Open(string path) => Backend.Open(LinuxFileSystem.Instance, path, new BackendOptions());

    private static void Fill(string path)
    {
        using Backend backend = Open(path);
        using MvccStore store = MvccStore.Open(backend, new NoLeases(), new MvccOptions());
        var random = new Random(1);
        int[] order = [.. Enumerable.Range(0, Keys)];
        random.Shuffle(order);
        byte[] value = new byte[ValueBytes];
        ulong index = backend.ConsistentIndex;
        foreach (int key in order)
        {
            random.NextBytes(value);
            store.Put(new PutRequest { Key = Key(key), Value = ByteString.CopyFrom(value) });
            backend.EndEntry(++index, 1);
        }
    }

    private static void MeasureRestart(string path)
    {
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetTotalMemory(forceFullCollection: true);
            long begun = Stopwatch.GetTimestamp();
            TimeSpan processorBefore = Environment.CpuUsage.TotalTime;
            using Backend backend = Open(path);
            double opened = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
            using MvccStore store = MvccStore.Open(backend, new NoLeases(), new MvccOptions());
            double restored = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
            double processor = (Environment.CpuUsage.TotalTime - processorBefore).TotalMilliseconds;
            long bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
            Console.WriteLine(
                $"mvcc restart over {store.KeyCount:N0} keys: file opened after {opened:N0} ms, ready after {restored:N0} ms " +
                $"({processor:N0} ms of processor time), {(double)bytes / store.KeyCount:N0} bytes of memory a key");
        }
    }

    private static void Measure(BenchmarkRunner runner, string path)
    {
        using Backend backend = Open(path);
        using MvccStore store = MvccStore.Open(backend, new NoLeases(), new MvccOptions());
        var random = new Random(2);
        ulong index = backend.ConsistentIndex;
        var puts = new PutRequest[OperationsPerRound];
        int next = Keys;
        void Overwrites()
        {
            for (int i = 0; i < puts.Length; i++)
            {
                byte[] value = new byte[256];
                puts[i] = new PutRequest { Key = Key(random.Next(Keys)), Value = UnsafeByteOperations.UnsafeWrap(value) };
            }
        }

        void NewKeys()
        {
            for (int i = 0; i < puts.Length; i++)
            {
                byte[] value = new byte[256];
                puts[i] = new PutRequest { Key = Key(next++), Value = UnsafeByteOperations.UnsafeWrap(value) };
            }
        }

        void PutAll()
        {
            foreach (PutRequest put in puts)
            {
                store.Put(put);
                backend.EndEntry(++index, 1);
            }
        }

        runner.Measure("mvcc put, existing key of 1M, 256 bytes", OperationsPerRound, PutAll, Overwrites);
        runner.Measure("mvcc put, new key, 256 bytes", OperationsPerRound, PutAll, NewKeys);
        backend.Commit();

        var writer = new ArrayBufferWriter<byte>(1 << 20);
        RangeRequest[] gets = [.. Enumerable.Range(0, OperationsPerRound).Select(_ => new RangeRequest { Key = Key(random.Next(Keys)) })];
        RangeRequest[] few = [.. Enumerable.Range(0, OperationsPerRound).Select(i => new RangeRequest { Key = Key(i % 1000) })];
        RangeRequest[] ranges =
        [
            .. Enumerable.Range(0, RangesPerRound).Select(_ => random.Next(Keys - 100))
                .Select(first => new RangeRequest { Key = Key(first), RangeEnd = Key(first + 100) }),
        ];
        RangeRequest[] counts = [.. ranges.Select(_ => new RangeRequest { Key = Key(0), RangeEnd = Key(Keys), CountOnly = true })];
        RangeRequest[] pages = [.. ranges.Select(range => new RangeRequest { Key = range.Key, RangeEnd = Key(Keys), Limit = 100 })];
        void ReadAll(RangeRequest[] requests)
        {
            foreach (RangeRequest request in requests)
            {
                using RangeReply reply = store.Range(request);
                writer.ResetWrittenCount();
                reply.WriteKeyValuesTo(writer);
            }
        }

        runner.Measure("mvcc get, one of 1M keys", OperationsPerRound, () => ReadAll(gets));
        runner.Measure("mvcc get, one of 1,000 keys", OperationsPerRound, () => ReadAll(few));
        runner.Measure("mvcc range of 100 keys", RangesPerRound, () => ReadAll(ranges));
        runner.Measure("mvcc page of 100 keys of all, with count", RangesPerRound, () => ReadAll(pages));

        // The second has a bound that all keys keep, so that it goes through the records.
        runner.Measure("mvcc 200,000 keys without values, from the index", 1, () => ReadAll([Keys200k(0)]));
        runner.Measure("mvcc 200,000 keys without values, from records", 1, () => ReadAll([Keys200k(1)]));
        runner.Measure("mvcc count of 1M keys", RangesPerRound, () => ReadAll(counts));
    }

    private static RangeRequest Keys200k(long minModRevision) =>
        new() { Key = Key(0), RangeEnd = Key(200_000), KeysOnly = true, MinModRevision = minModRevision };

    private static ByteString Key(int number) => ByteString.CopyFromUtf8($"bench/key/{number:D12}");

    /// <summary>No leases at all.</summary>
    private sealed class NoLeases : ILeaseBook
    {
        public bool Exists(long leaseId) => false;

        public long LeaseOf(ReadOnlySpan<byte> key) => 0;

        public void Attach(long leaseId, ReadOnlyMemory<byte> key)
        {
        }

        public void Detach(long leaseId, ReadOnlyMemory<byte> key)
        {
        }
    }
}
