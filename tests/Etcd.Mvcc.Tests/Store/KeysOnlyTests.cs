using Etcd.Protocol.Rpc;
using Google.Protobuf;
using static Etcd.Mvcc.Tests.Store.StoreBench;

namespace Etcd.Mvcc.Tests.Store;

// A range of keys alone is served from the index; it is the range with values, without them, in everything else.
public sealed class KeysOnlyTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 12)];

    [Theory, MemberData(nameof(Seeds))]
    public void Range_KeysOnly_IsTheRangeWithoutItsValues(int seed)
    {
        var random = new Random(seed);
        using var bench = new StoreBench();
        bench.Leases.Granted.UnionWith([5, long.MaxValue]);
        for (int step = 0; step < 300; step++)
        {
            string key = $"k{random.Next(40)}";
            switch (random.Next(12))
            {
                case < 8:
                    bench.Put(key, new string('v', random.Next(3) * 100), random.Next(3) switch { 0 => 5, 1 => long.MaxValue, _ => 0 });
                    break;
                case < 10:
                    bench.Delete(key, random.Next(4) == 0 ? "k3" : "");
                    break;
                case < 11 when step % 7 == 0 && bench.Store.CurrentRevision > 2:
                    bench.Compact(Math.Max(bench.Store.CompactRevision + 1, bench.Store.CurrentRevision - random.Next(10)));
                    break;
                default:
                    bench.Backend.Commit();
                    break;
            }

            Compare(bench, random);
        }

        bench.Restart();
        for (int look = 0; look < 50; look++)
        {
            Compare(bench, random);
        }
    }

    // No record is in the backend: whoever read one would find the store corrupt.
    [Fact]
    public void Range_KeysOnly_ReadsNoRecordButThoseOfLeases()
    {
        using var bench = new StoreBench();
        var index = new KeyIndex();
        index.Put("a"u8, new Revision(2, 0), hasLease: false, out _, out _);
        index.Put("a"u8, new Revision(3, 0), hasLease: false, out _, out _);
        index.Put("b"u8, new Revision(4, 0), hasLease: false, out _, out _);
        index.Put("leased"u8, new Revision(5, 0), hasLease: true, out _, out _);
        var reader = new RangeReader(index, new StoreFile(bench.Backend), new StoreRevisions(5, -1));

        using RangeReply keys = reader.Range(new RangeRequest { Key = Bytes("a"), RangeEnd = Bytes("c"), KeysOnly = true });
        using RangeReply single = reader.Range(new RangeRequest { Key = Bytes("a"), KeysOnly = true });
        using RangeReply counted = reader.Range(new RangeRequest { Key = Bytes("\0"), RangeEnd = Bytes("\0"), CountOnly = true });
        using RangeReply leased = reader.Range(new RangeRequest { Key = Bytes("leased"), KeysOnly = true });

        Assert.Equal(["a= c2 m3 v2 l0", "b= c4 m4 v1 l0"], keys.ToMessage().Kvs.Select(Line));
        Assert.Equal(["a= c2 m3 v2 l0"], single.ToMessage().Kvs.Select(Line));
        Assert.Equal("b"u8.ToArray(), keys.KeyOf(1));
        Assert.Equal(3, counted.Count);
        Assert.Throws<CorruptBackendException>(() => leased.ToMessage());
    }

    private static void Compare(StoreBench bench, Random random)
    {
        long oldest = Math.Max(1, bench.Store.CompactRevision);
        var request = new RangeRequest
        {
            Key = Bytes(random.Next(3) == 0 ? $"k{random.Next(40)}" : "\0"),
            Revision = random.Next(2) == 0 ? 0 : random.NextInt64(oldest, bench.Store.CurrentRevision + 1),
            Limit = random.Next(3) == 0 ? random.Next(8) : 0,
            SortOrder = (RangeRequest.Types.SortOrder)random.Next(3),
            SortTarget = (RangeRequest.Types.SortTarget)random.Next(5),
            MinModRevision = random.Next(5) == 0 ? random.Next(20) : 0,
        };
        request.RangeEnd = random.Next(3) == 0 ? ByteString.Empty : Bytes("\0");

        RangeResponse expected = bench.Range(request);
        request.KeysOnly = true;
        RangeResponse keys = bench.Range(request);

        foreach (Protocol.Kv.KeyValue pair in expected.Kvs)
        {
            pair.Value = ByteString.Empty;
        }

        Assert.Equal(expected, keys);
    }
}
