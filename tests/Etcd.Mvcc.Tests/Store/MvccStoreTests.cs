using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using static Etcd.Mvcc.Tests.Store.StoreBench;

namespace Etcd.Mvcc.Tests.Store;

// Ranges and writes as etcd 3.5 answers them, and what is left of them after a restart.
public sealed class MvccStoreTests : IDisposable
{
    private readonly StoreBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Store_Fresh_IsAtRevisionOneWithoutCompaction()
    {
        Assert.Equal(1, _bench.Store.CurrentRevision);
        Assert.Equal(-1, _bench.Store.CompactRevision);
        Assert.Empty(_bench.Dump());
    }

    [Fact]
    public void Put_NewKey_GetsVersionOneAndItsRevision()
    {
        long revision = _bench.Put("a", "1");

        Assert.Equal(2, revision);
        Assert.Equal(["a=1 c2 m2 v1 l0"], _bench.Dump());
    }

    [Fact]
    public void Put_Again_KeepsCreateRevisionAndCountsVersion()
    {
        _bench.Put("a", "1");
        _bench.Put("b", "x");
        _bench.Put("a", "2");

        Assert.Equal(["a=2 c2 m4 v2 l0", "b=x c3 m3 v1 l0"], _bench.Dump());
        Assert.Equal(["a=1 c2 m2 v1 l0", "b=x c3 m3 v1 l0"], _bench.Dump(revision: 3));
        Assert.Equal(["a=1 c2 m2 v1 l0"], _bench.Dump(revision: 2));
        Assert.Empty(_bench.Dump(revision: 1));
    }

    [Fact]
    public void Put_AfterDelete_BeginsANewLife()
    {
        _bench.Put("a", "1");
        _bench.Put("a", "2");
        _bench.Delete("a");
        _bench.Put("a", "3");

        Assert.Equal(["a=3 c5 m5 v1 l0"], _bench.Dump());
        Assert.Empty(_bench.Dump(revision: 4));
        Assert.Equal(["a=2 c2 m3 v2 l0"], _bench.Dump(revision: 3));
    }

    [Fact]
    public void DeleteRange_NothingThere_KeepsRevision()
    {
        _bench.Put("a", "1");

        DeleteRangeResponse response = _bench.Delete("b", "z");

        Assert.Equal(0, response.Deleted);
        Assert.Equal(2, response.Header.Revision);
        Assert.Equal(2, _bench.Store.CurrentRevision);
    }

    [Fact]
    public void DeleteRange_SeveralKeys_IsOneRevisionAndReturnsThem()
    {
        _bench.Put("a", "1");
        _bench.Put("b", "2");
        _bench.Put("c", "3");

        DeleteRangeResponse response = _bench.Delete("a", "c", previous: true);

        Assert.Equal(2, response.Deleted);
        Assert.Equal(5, response.Header.Revision);
        Assert.Equal(["a=1 c2 m2 v1 l0", "b=2 c3 m3 v1 l0"], response.PrevKvs.Select(Line));
        Assert.Equal(["c=3 c4 m4 v1 l0"], _bench.Dump());
    }

    [Theory]
    [InlineData(7, EtcdErrorCode.FutureRevision)]
    [InlineData(3, EtcdErrorCode.Compacted)]
    public void Range_RevisionOutsideHistory_IsRefused(long revision, EtcdErrorCode expected)
    {
        for (int i = 0; i < 5; i++)
        {
            _bench.Put("a", $"{i}");
        }

        _bench.Compact(4);

        Assert.Equal(expected, Assert.Throws<EtcdException>(() => _bench.Range("a", revision: revision)).Code);
        Assert.Equal("2", Text(_bench.Range("a", revision: 4).Kvs[0].Value));
    }

    [Fact]
    public void Range_AfterRestart_IsWhatItWas()
    {
        _bench.Put("a", "1");
        _bench.Put("b", "2");
        _bench.Delete("a");
        IReadOnlyList<string> now = _bench.Dump();
        IReadOnlyList<string> before = _bench.Dump(revision: 3);

        _bench.Restart();

        Assert.Equal(4, _bench.Store.CurrentRevision);
        Assert.Equal(now, _bench.Dump());
        Assert.Equal(before, _bench.Dump(revision: 3));
    }

    [Fact]
    public void Put_UnknownLease_IsRefusedAndWritesNothing()
    {
        EtcdException error = Assert.Throws<EtcdException>(() => _bench.Put("a", "1", lease: 9));

        Assert.Equal(EtcdErrorCode.LeaseNotFound, error.Code);
        Assert.Equal(1, _bench.Store.CurrentRevision);
    }
}
