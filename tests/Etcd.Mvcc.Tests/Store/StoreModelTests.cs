using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using static Etcd.Mvcc.Tests.Store.StoreBench;
using SortOrder = Etcd.Protocol.Rpc.RangeRequest.Types.SortOrder;
using SortTarget = Etcd.Protocol.Rpc.RangeRequest.Types.SortTarget;

namespace Etcd.Mvcc.Tests.Store;

// Any history of puts, deletes, transactions, compactions and restarts reads back as a list of whole states does.
public sealed class StoreModelTests
{
    private static readonly string[] Ends = ["", "\0", "b", "c", "e", "k3", "k7", "l", "z"];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 24)];

    [Theory, MemberData(nameof(Seeds))]
    public void Store_AnyHistory_EqualsModel(int seed)
    {
        var random = new Random(seed);
        using var bench = new StoreBench();
        var model = new NaiveStore();

        for (int step = 0; step < 400; step++)
        {
            Change(random, bench, model);
            Assert.Equal(model.Current, bench.Store.CurrentRevision);
            Assert.Equal(model.At(model.Current).Count, bench.Store.KeyCount);
            CheckRange(random, bench, model);
        }

        CheckEveryRevision(bench, model);
        bench.Restart();
        CheckEveryRevision(bench, model);
    }

    private static void Change(Random random, StoreBench bench, NaiveStore model)
    {
        string key = Key(random);
        string value = $"v{random.Next(8)}";
        string end = Ends[random.Next(Ends.Length)];
        switch (random.Next(20))
        {
            case < 10:
                bench.Put(key, value);
                model.Apply(state => model.Put(state, key, value));
                break;
            case < 13:
                long deleted = bench.Delete(key, end).Deleted;
                int before = model.At(model.Current).Count;
                model.Apply(state => NaiveStore.Delete(state, key, end));
                Assert.Equal(before - model.At(model.Current).Count, deleted);
                break;
            case < 17:
                Transact(random, bench, model);
                break;
            case < 18:
                Compact(random, bench, model);
                break;
            case < 19:
                bench.Restart();
                break;
            default:
                bench.Backend.Commit();
                break;
        }
    }

    private static void Transact(Random random, StoreBench bench, NaiveStore model)
    {
        string seen = Key(random);
        long expected = model.At(model.Current).TryGetValue(seen, out NaiveRecord? record) ? record.Mod : 0;
        bool succeeds = random.Next(2) == 0;
        var request = new TxnRequest();
        request.Compare.Add(new Compare
        {
            Key = Bytes(seen),
            Target = Compare.Types.CompareTarget.Mod,
            Result = Compare.Types.CompareResult.Equal,
            ModRevision = succeeds ? expected : expected + 1,
        });
        string[] keys = [.. Enumerable.Range(0, 4).Select(_ => Key(random)).Distinct()];
        string deleted = keys[0] + "~";
        foreach (string key in keys)
        {
            (succeeds ? request.Success : request.Failure).Add(
                new RequestOp { RequestPut = new PutRequest { Key = Bytes(key), Value = Bytes("t") } });
        }

        (succeeds ? request.Success : request.Failure).Add(
            new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = Bytes(deleted), RangeEnd = Bytes(deleted + "~") } });
        (succeeds ? request.Failure : request.Success).Add(
            new RequestOp { RequestPut = new PutRequest { Key = Bytes("never"), Value = Bytes("x") } });

        TxnResponse response = bench.Txn(request);

        Assert.Equal(succeeds, response.Succeeded);
        model.Apply(state =>
        {
            foreach (string key in keys)
            {
                model.Put(state, key, "t");
            }

            return keys.Length > 0;
        });
    }

    private static void Compact(Random random, StoreBench bench, NaiveStore model)
    {
        long revision = random.NextInt64(Math.Max(0, model.Compacted - 2), model.Current + 3);
        if (revision <= model.Compacted)
        {
            Assert.Equal(EtcdErrorCode.Compacted, Assert.Throws<EtcdException>(() => bench.Compact(revision)).Code);
        }
        else if (revision > model.Current)
        {
            Assert.Equal(EtcdErrorCode.FutureRevision, Assert.Throws<EtcdException>(() => bench.Compact(revision)).Code);
        }
        else
        {
            bench.Compact(revision);
            model.Compacted = revision;
        }
    }

    private static void CheckRange(Random random, StoreBench bench, NaiveStore model)
    {
        var request = new RangeRequest
        {
            Key = Bytes(random.Next(4) == 0 ? "\0" : Key(random)),
            RangeEnd = Bytes(Ends[random.Next(Ends.Length)]),
            Limit = random.Next(3) == 0 ? random.Next(5) : 0,
            Revision = random.Next(2) == 0 ? 0 : random.NextInt64(1, model.Current + 2),
            SortOrder = random.Next(2) == 0 ? SortOrder.None : (SortOrder)random.Next(3),
            SortTarget = random.Next(2) == 0 ? SortTarget.Key : (SortTarget)random.Next(5),
            KeysOnly = random.Next(4) == 0,
            CountOnly = random.Next(6) == 0,
            MinModRevision = random.Next(5) == 0 ? random.NextInt64(model.Current + 1) : 0,
            MaxModRevision = random.Next(5) == 0 ? random.NextInt64(model.Current + 1) : 0,
            MinCreateRevision = random.Next(5) == 0 ? random.NextInt64(model.Current + 1) : 0,
            MaxCreateRevision = random.Next(5) == 0 ? random.NextInt64(model.Current + 1) : 0,
        };
        if (request.Revision > model.Current || (request.Revision > 0 && request.Revision < model.Compacted))
        {
            Assert.Throws<EtcdException>(() => bench.Range(request));
            return;
        }

        RangeResponse response = bench.Range(request);

        (IReadOnlyList<string> lines, long count, bool more) = model.Range(request);
        Assert.Equal(lines, response.Kvs.Select(Line));
        Assert.Equal((count, more, model.Current), (response.Count, response.More, response.Header.Revision));
    }

    private static void CheckEveryRevision(StoreBench bench, NaiveStore model)
    {
        for (long revision = Math.Max(1, model.Compacted); revision <= model.Current; revision++)
        {
            Assert.Equal(model.Dump(revision), bench.Dump(revision));
        }
    }

    private static string Key(Random random) => random.Next(3) == 0 ? ((char)('a' + random.Next(4))).ToString() : $"k{random.Next(12)}";
}
