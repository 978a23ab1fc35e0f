using System.Collections.Concurrent;

using Etcd.Disk.Linux;
using Etcd.Mvcc.Tests.Store;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Testing;

namespace Etcd.Mvcc.Tests.Install;

// A follower that lagged behind gets the leader's database in place of its own.
public sealed class StoreReloadTests : IDisposable
{
    private readonly StoreBench _leader = new();
    private readonly StoreBench _follower = new();

    public void Dispose()
    {
        _leader.Dispose();
        _follower.Dispose();
    }

    [Fact]
    public void Reload_AfterAnInstallation_IsTheLeadersStore()
    {
        PutBoth("a", "1");
        _leader.Put("b", "2", lease: Granted(7));
        _leader.Put("a", "3");
        _leader.Delete("b");
        _leader.Compact(4);

        Install();

        Assert.Equal(_leader.Dump(), _follower.Dump());
        Assert.Equal(_leader.Store.CurrentRevision, _follower.Store.CurrentRevision);
        Assert.Equal(_leader.Store.CompactRevision, _follower.Store.CompactRevision);
        Assert.Equal(_leader.Store.HashByRevision(0), _follower.Store.HashByRevision(0));
        Assert.Equal(EtcdErrorCode.Compacted, Assert.Throws<EtcdException>(() => _follower.Dump(revision: 3)).Code);
    }

    [Fact]
    public void Reload_KeysWithLeases_HangOnThemAgain()
    {
        _leader.Put("a", "1", lease: Granted(7));

        Install();

        Assert.Equal(["a"], _follower.Leases.KeysOf(7));
    }

    [Fact]
    public void Put_AfterAReload_GoesOnFromTheLeadersRevision()
    {
        PutBoth("a", "1");
        _leader.Put("a", "2");
        Install();

        Assert.Equal(4, _follower.Put("a", "3"));

        Assert.Equal(["a=3 c2 m4 v3 l0"], _follower.Dump());
        _follower.Restart();
        Assert.Equal(["a=3 c2 m4 v3 l0"], _follower.Dump());
    }

    [Fact]
    public void Range_ReplyTakenBefore_StaysWhatItWas()
    {
        PutBoth("a", "1");
        _leader.Put("a", "2");
        _leader.Compact(3);
        using RangeReply before = _follower.Store.Range(new RangeRequest { Key = StoreBench.Bytes("a") });

        Install();
        _follower.Put("a", "3");
        _follower.Backend.Commit();

        Assert.Equal("1", StoreBench.Text(Assert.Single(before.ToMessage().Kvs).Value));
    }

    [Fact]
    public void Range_BetweenInstallationAndReload_IsTheStateBefore()
    {
        PutBoth("a", "1");
        _follower.Put("only here", "1");
        IReadOnlyList<string> before = _follower.Dump();
        _leader.Put("a", "2");
        _leader.Compact(3);
        ReceivedDatabase.Write(_follower.Disk, ReceivedDatabase.Of(_leader.Backend));

        _follower.Backend.Install(ReceivedDatabase.Path);

        Assert.Equal(before, _follower.Dump());
        _follower.Store.Reload();
        Assert.Equal(_leader.Dump(), _follower.Dump());
    }

    // What the old state's compaction was about to delete may be needed in the new one.
    [Fact]
    public void Reload_ACompactionWasUnderWay_DoesNotTouchTheReceivedFile()
    {
        PutBoth("a", "1");
        PutBoth("a", "2");
        PutBoth("a", "3");
        _follower.InEntry(() => _follower.Store.Compact(4));
        _leader.Put("b", "1");
        uint hash = _leader.Store.HashByRevision(3).Hash;

        Install();
        _follower.Store.RunCompactions();
        _follower.Backend.Commit();

        Assert.Equal(-1, _follower.Store.CompactRevision);
        Assert.Equal(["a=1 c2 m2 v1 l0"], _follower.Dump(revision: 2));
        Assert.Equal(hash, _follower.Store.HashByRevision(3).Hash);
    }

    [Fact]
    public void Reload_TheLeadersCompactionIsUnfinished_IsTakenUp()
    {
        PutBoth("a", "1");
        _leader.Put("a", "2");
        _leader.Put("a", "3");
        _leader.InEntry(() => _leader.Store.Compact(4));

        Install();
        _follower.Store.RunCompactions();
        _leader.Store.RunCompactions();

        Assert.Equal(4, _follower.Store.CompactRevision);
        Assert.Equal(_leader.Store.HashByRevision(0), _follower.Store.HashByRevision(0));
        Assert.Equal(RecordsOf(_leader), RecordsOf(_follower));
    }

    [Fact]
    public async Task Compactions_SomebodyWaitsForThePhysicalEnd_EndsWithTheInstallation()
    {
        using var directory = new TemporaryDirectory();
        using Backend backend = OpenBackend(directory.File("db"));
        var options = new MvccOptions { CompactionBatchLimit = 1, CompactionSleepInterval = TimeSpan.FromDays(1) };
        using MvccStore store = MvccStore.Open(backend, new TestLeaseBook(), options);
        for (ulong index = 1; index <= 5; index++)
        {
            store.Put(new PutRequest { Key = StoreBench.Bytes("a"), Value = StoreBench.Bytes("v") });
            backend.EndEntry(index, 1);
        }

        Task compaction = store.Compact(5);
        backend.EndEntry(6, 1);
        File.WriteAllBytes(directory.File("received"), ReceivedDatabase.Of(_leader.Backend));

        backend.Install(directory.File("received"));
        store.Reload();

        await compaction.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(1, store.CurrentRevision);
    }

    // Between the exchange of the file and the store's reload, a slice found a file it did not know: whoever waited got an internal error.
    [Fact]
    public async Task Compactions_ASliceComesBetweenInstallationAndReload_EndsAsWell()
    {
        using var directory = new TemporaryDirectory();
        using Backend backend = OpenBackend(directory.File("db"));
        var time = new ManualTimeProvider();
        var options = new MvccOptions { CompactionBatchLimit = 1, CompactionSleepInterval = TimeSpan.FromDays(1), Time = time };
        using MvccStore store = MvccStore.Open(backend, new TestLeaseBook(), options);
        for (ulong index = 1; index <= 5; index++)
        {
            store.Put(new PutRequest { Key = StoreBench.Bytes("a"), Value = StoreBench.Bytes("v") });
            backend.EndEntry(index, 1);
        }

        Task compaction = store.Compact(5);
        backend.EndEntry(6, 1);
        Assert.True(SpinWait.SpinUntil(() => time.ArmedTimers > 0, TimeSpan.FromSeconds(10)));
        File.WriteAllBytes(directory.File("received"), ReceivedDatabase.Of(_leader.Backend));

        backend.Install(directory.File("received"));
        time.Advance(TimeSpan.FromDays(1));

        await compaction.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        store.Reload();
        Assert.Equal(1, store.CurrentRevision);
    }

    // Each database holds one number under all its keys; a reader must never see two.
    [Fact]
    public async Task Readers_WhileDatabasesAreInstalled_SeeOneStateEach()
    {
        const int installations = 40;
        using var directory = new TemporaryDirectory();
        byte[][] databases = [.. Enumerable.Range(1, installations).Select(DatabaseOf)];
        using Backend backend = OpenBackend(directory.File("db"));
        using MvccStore store = MvccStore.Open(backend, new TestLeaseBook(), new MvccOptions());
        using var done = new CancellationTokenSource();
        var faults = new ConcurrentQueue<string>();
        Task[] readers =
        [
            Task.Run(() => Read(store, faults, done.Token), TestContext.Current.CancellationToken),
            Task.Run(() => ReadInTransactions(store, faults, done.Token), TestContext.Current.CancellationToken),
            Task.Run(() => ReadHistory(store, faults, done.Token), TestContext.Current.CancellationToken),
        ];

        for (int number = 1; number <= installations; number++)
        {
            string path = directory.File($"received-{number}");
            File.WriteAllBytes(path, databases[number - 1]);
            backend.Install(path);
            store.Reload();
            store.Put(new PutRequest { Key = StoreBench.Bytes("k0"), Value = StoreBench.Bytes($"{number}") });
            backend.EndEntry((ulong)(number * 1000) + 1, 1);
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
        Assert.Empty(faults);
    }

    private static void Read(MvccStore store, ConcurrentQueue<string> faults, CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            using RangeReply reply = store.Range(new RangeRequest { Key = StoreBench.Bytes("\0"), RangeEnd = StoreBench.Bytes("\0") });
            Check(reply.ToMessage(), faults);
        }
    }

    private static void ReadInTransactions(MvccStore store, ConcurrentQueue<string> faults, CancellationToken done)
    {
        var request = new TxnRequest();
        for (int i = 0; i < 3; i++)
        {
            var range = new RangeRequest { Key = StoreBench.Bytes($"k{i}"), RangeEnd = StoreBench.Bytes("\0") };
            request.Success.Add(new RequestOp { RequestRange = range });
        }

        while (!done.IsCancellationRequested)
        {
            var all = new RangeResponse();
            foreach (ResponseOp response in store.ReadOnlyTxn(request).Responses)
            {
                all.Kvs.Add(response.ResponseRange.Kvs);
            }

            Check(all, faults);
        }
    }

    private static void ReadHistory(MvccStore store, ConcurrentQueue<string> faults, CancellationToken done)
    {
        var events = new List<KeyEvent>();
        while (!done.IsCancellationRequested)
        {
            events.Clear();
            store.HashByRevision(0);
            long current = store.CurrentRevision;
            if (store.TryReadEvents(store.CompactRevision, current, static _ => true, long.MaxValue, events, out long last)
                && (last != current || events.Select(change => change.Revision.Main).Distinct().Count() != events.Count))
            {
                faults.Enqueue($"history up to {last} of {current} has {events.Count} events");
            }
        }
    }

    private static void Check(RangeResponse response, ConcurrentQueue<string> faults)
    {
        string[] values = [.. response.Kvs.Select(pair => StoreBench.Text(pair.Value)).Distinct()];
        if (values.Length > 1)
        {
            faults.Enqueue($"one reply holds {string.Join(", ", values)}");
        }
    }

    // Later ones have more of history compacted, so that an index of one and the records of another do not fit together.
    private static byte[] DatabaseOf(int number)
    {
        using var bench = new StoreBench();
        for (int round = 0; round < number % 7; round++)
        {
            bench.Put("k1", "old");
        }

        for (int key = 0; key < 20; key++)
        {
            bench.Put($"k{key}", $"{number}");
        }

        bench.Compact(bench.Store.CurrentRevision);
        bench.Backend.EndEntry((ulong)number * 1000, 1);
        return ReceivedDatabase.Of(bench.Backend);
    }

    private static Backend OpenBackend(string path) => Backend.Open(LinuxFileSystem.Instance, path, new BackendOptions
    {
        InitialMapBytes = 1 << 24,
        BatchInterval = TimeSpan.FromMilliseconds(1),
    });

    private static IReadOnlyList<string> RecordsOf(StoreBench bench)
    {
        bench.Backend.Commit();
        return Backends.BackendBench.Scan(bench.Backend, BackendBucket.Key);
    }

    private long Granted(long lease)
    {
        _leader.Leases.Granted.Add(lease);
        return lease;
    }

    private void PutBoth(string key, string value)
    {
        _leader.Put(key, value);
        _follower.Put(key, value);
    }

    private void Install()
    {
        ReceivedDatabase.Write(_follower.Disk, ReceivedDatabase.Of(_leader.Backend));
        _follower.Install(ReceivedDatabase.Path);
    }
}
