using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using static Etcd.Mvcc.Tests.Store.StoreBench;
using CompareResult = Etcd.Protocol.Rpc.Compare.Types.CompareResult;
using CompareTarget = Etcd.Protocol.Rpc.Compare.Types.CompareTarget;

namespace Etcd.Mvcc.Tests.Store;

// The replies were looked up on a real etcd 3.5.30.
public sealed class TxnTests : IDisposable
{
    private readonly StoreBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Txn_PutReadNestedDelete_SeesItsOwnWritesInOneRevision()
    {
        _bench.Put("b", "0");
        var nested = new TxnRequest { Success = { Put("c", ""), Range("a", "\0") } };

        TxnResponse response = _bench.Txn(new TxnRequest
        {
            Success = { Put("b", "x"), Range("b"), new RequestOp { RequestTxn = nested }, Delete("zz") },
        });

        Assert.True(response.Succeeded);
        Assert.Equal(3, response.Header.Revision);
        Assert.Equal(3, response.Responses[0].ResponsePut.Header.Revision);
        Assert.Equal(["b=x c2 m3 v2 l0"], response.Responses[1].ResponseRange.Kvs.Select(Line));
        TxnResponse inner = response.Responses[2].ResponseTxn;
        Assert.Equal(new ResponseHeader(), inner.Header);
        Assert.Equal(["b=x c2 m3 v2 l0", "c= c3 m3 v1 l0"], inner.Responses[1].ResponseRange.Kvs.Select(Line));
        Assert.Equal(0, response.Responses[3].ResponseDeleteRange.Deleted);
        Assert.Equal(3, response.Responses[3].ResponseDeleteRange.Header.Revision);
        Assert.Equal(3, _bench.Store.CurrentRevision);
    }

    [Fact]
    public void Txn_Empty_SucceedsWithoutARevision()
    {
        TxnResponse response = _bench.Txn(new TxnRequest());

        Assert.True(response.Succeeded);
        Assert.Equal(1, response.Header.Revision);
    }

    [Fact]
    public void Txn_OperationsBeforeTheFirstWrite_CarryTheRevisionBefore()
    {
        _bench.Put("a", "1");

        TxnResponse response = _bench.Txn(new TxnRequest { Success = { Range("a"), Delete("nothing"), Put("a", "2"), Range("a") } });

        Assert.Equal(2, response.Responses[0].ResponseRange.Header.Revision);
        Assert.Equal(2, response.Responses[1].ResponseDeleteRange.Header.Revision);
        Assert.Equal(3, response.Responses[3].ResponseRange.Header.Revision);
    }

    [Theory]
    [InlineData(CompareTarget.Version, 2, CompareResult.Equal, true)]
    [InlineData(CompareTarget.Version, 2, CompareResult.NotEqual, false)]
    [InlineData(CompareTarget.Create, 2, CompareResult.Equal, true)]
    [InlineData(CompareTarget.Create, 2, CompareResult.Less, false)]
    [InlineData(CompareTarget.Mod, 2, CompareResult.Greater, true)]
    [InlineData(CompareTarget.Lease, 7, CompareResult.Equal, true)]
    [InlineData(CompareTarget.Lease, 7, CompareResult.Less, false)]
    public void Compare_NumberOfExistingKey_HoldsAsItSays(CompareTarget target, long operand, CompareResult result, bool expected)
    {
        _bench.Leases.Granted.Add(7);
        _bench.Put("a", "1");
        _bench.Put("a", "2", lease: 7);

        Assert.Equal(expected, Holds("a", "", target, result, operand));
    }

    [Theory]
    [InlineData(CompareTarget.Version, true)]
    [InlineData(CompareTarget.Create, true)]
    [InlineData(CompareTarget.Mod, true)]
    [InlineData(CompareTarget.Lease, true)]
    public void Compare_MissingKey_CountsAsZero(CompareTarget target, bool expected) =>
        Assert.Equal(expected, Holds("missing", "", target, CompareResult.Equal, 0));

    [Theory]
    [InlineData(CompareResult.Equal)]
    [InlineData(CompareResult.NotEqual)]
    [InlineData(CompareResult.Less)]
    public void Compare_ValueOfMissingKey_NeverHolds(CompareResult result) =>
        Assert.False(HoldsValue("missing", "", result));

    [Theory]
    [InlineData("b", CompareResult.Equal, true)]
    [InlineData("c", CompareResult.Less, true)]
    [InlineData("ab", CompareResult.Greater, true)]
    [InlineData("b", CompareResult.NotEqual, false)]
    public void Compare_Value_IsByBytes(string operand, CompareResult result, bool expected)
    {
        _bench.Put("a", "b");

        Assert.Equal(expected, HoldsValue("a", operand, result));
    }

    [Fact]
    public void Compare_Range_HoldsWhenAllKeysDo()
    {
        _bench.Put("a1", "x");
        _bench.Put("a2", "x");
        _bench.Put("a2", "x");

        Assert.True(Holds("a", "b", CompareTarget.Version, CompareResult.Greater, 0));
        Assert.False(Holds("a", "b", CompareTarget.Version, CompareResult.Equal, 1));
        Assert.True(Holds("a1", "a2", CompareTarget.Version, CompareResult.Equal, 1));
    }

    [Fact]
    public void Compare_UnknownResultOrTarget_IsTrueAsInEtcd()
    {
        // Refused before proposing; an entry of another member may hold one, and members must agree.
        _bench.Put("a", "1");

        Assert.True(Holds("a", "", CompareTarget.Create, (CompareResult)9, 77));
        Assert.True(Holds("a", "", (CompareTarget)9, CompareResult.Equal, 77));
    }

    [Fact]
    public void Compare_OperandOfAnotherTarget_CountsAsZero()
    {
        _bench.Put("a", "1");
        var compare = new Compare { Key = Bytes("a"), Target = CompareTarget.Version, Result = CompareResult.Greater, ModRevision = 99 };

        Assert.True(_bench.Txn(new TxnRequest { Compare = { compare } }).Succeeded);
    }

    [Fact]
    public void Txn_NestedCompare_LooksAtTheStateBeforeTheWholeTxn()
    {
        var nested = new TxnRequest
        {
            Compare = { new Compare { Key = Bytes("a"), Target = CompareTarget.Version, Result = CompareResult.Greater } },
            Success = { Put("seen", "") },
            Failure = { Put("unseen", "") },
        };

        TxnResponse response = _bench.Txn(new TxnRequest { Success = { Put("a", "1"), new RequestOp { RequestTxn = nested } } });

        Assert.False(response.Responses[1].ResponseTxn.Succeeded);
        Assert.Single(_bench.Range("unseen").Kvs);
    }

    [Theory]
    [InlineData(99, EtcdErrorCode.FutureRevision)]
    [InlineData(2, EtcdErrorCode.Compacted)]
    [InlineData(-2, EtcdErrorCode.Compacted)]
    public void Txn_RangeRevisionOutsideHistory_IsRefusedBeforeAnythingIsWritten(long revision, EtcdErrorCode expected)
    {
        // Incident #18667: such a transaction ended differently on different members.
        _bench.Put("a", "1");
        _bench.Put("a", "2");
        _bench.Compact(3);
        var range = new RequestOp { RequestRange = new RangeRequest { Key = Bytes("a"), Revision = revision } };
        var request = new TxnRequest { Success = { Put("b", "1"), new RequestOp { RequestTxn = new TxnRequest { Success = { range } } } } };

        EtcdException error = Assert.Throws<EtcdException>(() => _bench.Txn(request));

        Assert.Equal(expected, error.Code);
        Assert.Equal(["a=2 c2 m3 v2 l0"], _bench.Dump());
        Assert.Equal(expected, Assert.Throws<EtcdException>(() => _bench.Store.ReadOnlyTxn(new TxnRequest { Success = { range } })).Code);
    }

    [Fact]
    public void Txn_RevisionMadeByItself_IsFuture()
    {
        var range = new RequestOp { RequestRange = new RangeRequest { Key = Bytes("a"), Revision = 2 } };

        EtcdException error = Assert.Throws<EtcdException>(() => _bench.Txn(new TxnRequest { Success = { Put("a", "1"), range } }));

        Assert.Equal(EtcdErrorCode.FutureRevision, error.Code);
        Assert.Equal(1, _bench.Store.CurrentRevision);
    }

    [Fact]
    public void Txn_UnknownSortTarget_IsRefusedAndTheStoreGoesOn()
    {
        // Incident #13554: it killed the server, inside transactions too.
        var range = new RequestOp { RequestRange = new RangeRequest { Key = Bytes("a"), RangeEnd = Bytes("b"), SortTarget = (RangeRequest.Types.SortTarget)77 } };

        EtcdException error = Assert.Throws<EtcdException>(() => _bench.Txn(new TxnRequest { Success = { Put("a", "1"), range } }));

        Assert.Equal(EtcdErrorCode.InvalidSortOption, error.Code);
        Assert.Equal(EtcdErrorCode.InvalidSortOption, Assert.Throws<EtcdException>(() => _bench.Range(range.RequestRange)).Code);
        Assert.Empty(_bench.Dump());
        _bench.Put("a", "1");
    }

    [Fact]
    public void Txn_LaterPutNamesUnknownLease_WritesNothing()
    {
        var withLease = new RequestOp { RequestPut = new PutRequest { Key = Bytes("b"), Lease = 5 } };

        EtcdException error = Assert.Throws<EtcdException>(() => _bench.Txn(new TxnRequest { Success = { Put("a", "1"), withLease } }));

        Assert.Equal(EtcdErrorCode.LeaseNotFound, error.Code);
        Assert.Empty(_bench.Dump());
    }

    [Theory]
    [InlineData(false, EtcdErrorCode.LeaseNotFound)]
    [InlineData(true, EtcdErrorCode.KeyNotFound)]
    public void Put_IgnoreValueOnMissingKeyWithUnknownLease_TellsWhatEtcdTells(bool inTxn, EtcdErrorCode expected)
    {
        var put = new PutRequest { Key = Bytes("n"), Lease = 77, IgnoreValue = true };

        EtcdException error = Assert.Throws<EtcdException>(() => inTxn
            ? _bench.Txn(new TxnRequest { Success = { new RequestOp { RequestPut = put } } }).ToString()
            : _bench.InEntry(() => _bench.Store.Put(put)).ToString());

        Assert.Equal(expected, error.Code);
    }

    [Fact]
    public void Put_IgnoreFlags_KeepTheOldValueOrLease()
    {
        _bench.Leases.Granted.UnionWith([3, 4]);
        _bench.Put("a", "1", lease: 3);

        _bench.InEntry(() => _bench.Store.Put(new PutRequest { Key = Bytes("a"), IgnoreLease = true, Value = Bytes("2") }));
        Assert.Equal(["a=2 c2 m3 v2 l3"], _bench.Dump());

        PutResponse response = _bench.InEntry(() => _bench.Store.Put(
            new PutRequest { Key = Bytes("a"), IgnoreValue = true, Lease = 4, PrevKv = true }));
        Assert.Equal(["a=2 c2 m4 v3 l4"], _bench.Dump());
        Assert.Equal("a=2 c2 m3 v2 l3", Line(response.PrevKv));
        Assert.Equal(["a"], _bench.Leases.KeysOf(4));
        Assert.Empty(_bench.Leases.KeysOf(3));
    }

    [Fact]
    public void Txn_DeleteFromKeyThenPutIgnoringValue_PutsAnEmptyOne()
    {
        // Etcd's check lets a delete of "all from here on" stand beside the put of a later key, and then panics.
        _bench.Put("b", "1");
        var put = new RequestOp { RequestPut = new PutRequest { Key = Bytes("b"), IgnoreValue = true } };

        _bench.Txn(new TxnRequest { Success = { Delete("a", "\0"), put } });

        Assert.Equal(["b= c3 m3 v1 l0"], _bench.Dump());
        _bench.Compact(3);
        _bench.Restart();
        Assert.Equal(["b= c3 m3 v1 l0"], _bench.Dump());
    }

    [Fact]
    public void DeleteKeys_KeysOfALease_AreOneRevisionInKeyOrder()
    {
        _bench.Leases.Granted.Add(7);
        _bench.Put("b", "1", lease: 7);
        _bench.Put("a", "1", lease: 7);
        var sink = new RecordingSink();
        _bench.Store.AttachEventSink(sink);

        long revision = _bench.InEntry(() => _bench.Store.DeleteKeys(["a"u8.ToArray(), "b"u8.ToArray(), "gone"u8.ToArray()]));

        Assert.Equal(4, revision);
        Assert.Equal(["DELETE a 4_0", "DELETE b 4_1"], sink.Lines);
        Assert.Empty(_bench.Leases.KeysOf(7));
    }

    [Fact]
    public void ReadOnlyTxn_SeveralRanges_AreAtOneRevision()
    {
        _bench.Put("a", "1");
        _bench.Put("b", "2");

        TxnResponse response = _bench.Store.ReadOnlyTxn(new TxnRequest { Success = { Range("a"), Range("a", "\0") } });

        Assert.Equal(3, response.Header.Revision);
        Assert.Equal(["a=1 c2 m2 v1 l0"], response.Responses[0].ResponseRange.Kvs.Select(Line));
        Assert.Equal(2, response.Responses[1].ResponseRange.Count);
    }

    private static RequestOp Put(string key, string value) =>
        new() { RequestPut = new PutRequest { Key = Bytes(key), Value = Bytes(value) } };

    private static RequestOp Range(string key, string end = "") =>
        new() { RequestRange = new RangeRequest { Key = Bytes(key), RangeEnd = Bytes(end) } };

    private static RequestOp Delete(string key, string end = "") =>
        new() { RequestDeleteRange = new DeleteRangeRequest { Key = Bytes(key), RangeEnd = Bytes(end) } };

    private bool Holds(string key, string end, CompareTarget target, CompareResult result, long operand)
    {
        var compare = new Compare { Key = Bytes(key), RangeEnd = Bytes(end), Target = target, Result = result };
        switch (target)
        {
            case CompareTarget.Version:
                compare.Version = operand;
                break;
            case CompareTarget.Create:
                compare.CreateRevision = operand;
                break;
            case CompareTarget.Mod:
                compare.ModRevision = operand;
                break;
            default:
                compare.Lease = operand;
                break;
        }

        return _bench.Txn(new TxnRequest { Compare = { compare } }).Succeeded;
    }

    private bool HoldsValue(string key, string operand, CompareResult result)
    {
        var compare = new Compare { Key = Bytes(key), Target = CompareTarget.Value, Result = result, Value = Bytes(operand) };
        return _bench.Txn(new TxnRequest { Compare = { compare } }).Succeeded;
    }
}
