using System.Globalization;
using Etcd.Disk.Linux;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using static Etcd.Mvcc.Tests.Store.StoreBench;

namespace Etcd.Mvcc.Tests.Store;

// Readers run beside the apply thread, the commit thread and a compaction, and take no lock.
public sealed class StoreConcurrencyTests
{
    private const int Keys = 64;
    private const int Rounds = 1200;

    [Fact]
    public async Task Readers_WhileApplyCommitsAndCompacts_SeeWholeTransactionsOnly()
    {
        using var directory = new TemporaryDirectory();
        using Backend backend = Backend.Open(LinuxFileSystem.Instance, directory.File("db"), new BackendOptions
        {
            InitialMapBytes = 1 << 28,
            BatchInterval = TimeSpan.FromMilliseconds(2),
        });
        using MvccStore store = MvccStore.Open(backend, new TestLeaseBook(), new MvccOptions { CompactionSleepInterval = TimeSpan.Zero });
        using var done = new CancellationTokenSource();
        Task[] readers =
        [
            Task.Run(() => ReadAll(store, done.Token), TestContext.Current.CancellationToken),
            Task.Run(() => ReadPast(store, done.Token), TestContext.Current.CancellationToken),
            Task.Run(() => ReadSingle(store, done.Token), TestContext.Current.CancellationToken),
        ];

        try
        {
            Write(store, backend);
        }
        finally
        {
            await done.CancelAsync();
        }

        await Task.WhenAll(readers);
        await store.Compactions;
        Assert.Equal(Rounds + 1, store.CurrentRevision);
        HashKvResult hash = store.HashByRevision(0);
        store.Dispose();
        backend.Dispose();
        using Backend reopened = Backend.Open(LinuxFileSystem.Instance, directory.File("db"), new BackendOptions { InitialMapBytes = 1 << 28 });
        using MvccStore restarted = MvccStore.Open(reopened, new TestLeaseBook(), new MvccOptions());
        Assert.Equal(hash, restarted.HashByRevision(0));
    }

    // Every revision writes the same number to all keys, and makes and deletes keys between them.
    private static void Write(MvccStore store, Backend backend)
    {
        for (int round = 1; round <= Rounds; round++)
        {
            var request = new TxnRequest();
            for (int key = 0; key < Keys; key++)
            {
                request.Success.Add(Put($"k{key:D2}", round));
            }

            request.Success.Add(Put($"k{round % Keys:D2}-extra{round}", round));
            if (round > 100)
            {
                string old = $"k{(round - 100) % Keys:D2}-extra{round - 100}";
                request.Success.Add(new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = Bytes(old) } });
            }

            store.Txn(request);
            if (round % 50 == 0)
            {
                store.Compact(store.CurrentRevision - 20);
            }

            backend.EndEntry((ulong)round, 1);
        }
    }

    private static void ReadAll(MvccStore store, CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            using RangeReply reply = store.Range(new RangeRequest { Key = Bytes("\0"), RangeEnd = Bytes("\0") });
            CheckWhole(reply.ToMessage(), reply.Revision);
            using RangeReply count = store.Range(new RangeRequest { Key = Bytes("\0"), RangeEnd = Bytes("\0"), CountOnly = true });
            Assert.Equal(ExpectedCount(count.Revision), count.Count);
        }
    }

    private static void ReadPast(MvccStore store, CancellationToken done)
    {
        var random = new Random(1);
        while (!done.IsCancellationRequested)
        {
            long revision = Math.Max(1, store.CurrentRevision - random.Next(60));
            try
            {
                using RangeReply reply = store.Range(new RangeRequest { Key = Bytes("\0"), RangeEnd = Bytes("\0"), Revision = revision });
                CheckWhole(reply.ToMessage(), revision);
            }
            catch (EtcdException error) when (error.Code == EtcdErrorCode.Compacted)
            {
                Assert.True(revision < store.CompactRevision);
            }
        }
    }

    private static void ReadSingle(MvccStore store, CancellationToken done)
    {
        long seen = 0;
        while (!done.IsCancellationRequested)
        {
            long atLeast = store.CurrentRevision;
            using RangeReply reply = store.Range(new RangeRequest { Key = Bytes("k07") });
            RangeResponse response = reply.ToMessage();
            if (atLeast > 1)
            {
                long number = long.Parse(Text(Assert.Single(response.Kvs).Value), CultureInfo.InvariantCulture);
                Assert.True(number + 1 >= atLeast);
                Assert.True(number >= seen);
                seen = number;
            }
        }
    }

    private static void CheckWhole(RangeResponse response, long revision)
    {
        Assert.Equal(ExpectedCount(revision), response.Count);
        Assert.Equal(response.Count, response.Kvs.Count);
        string expected = $"{revision - 1}";
        Assert.All(response.Kvs.Where(pair => pair.Key.Length == 3), pair => Assert.Equal(expected, Text(pair.Value)));
    }

    private static long ExpectedCount(long revision) => revision == 1 ? 0 : Keys + Math.Min(100, revision - 1);

    private static RequestOp Put(string key, int value) =>
        new() { RequestPut = new PutRequest { Key = Bytes(key), Value = Bytes($"{value}") } };
}
