using Etcd.Mvcc.Validation;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using static Etcd.Mvcc.Tests.Store.StoreBench;

namespace Etcd.Mvcc.Tests.Validation;

// What etcd's API refuses before it proposes.
public sealed class RequestValidatorTests
{
    private const int OpsMax = 128;

    [Fact]
    public void EmptyKey_AnyRequest_IsRefused()
    {
        Refuses(EtcdErrorCode.EmptyKey, () => RequestValidator.Check(new RangeRequest()));
        Refuses(EtcdErrorCode.EmptyKey, () => RequestValidator.Check(new PutRequest()));
        Refuses(EtcdErrorCode.EmptyKey, () => RequestValidator.Check(new DeleteRangeRequest()));
        Refuses(EtcdErrorCode.EmptyKey, new TxnRequest { Compare = { new Compare() } });
        Refuses(EtcdErrorCode.EmptyKey, new TxnRequest { Failure = { Put("") } });
    }

    [Fact]
    public void Operation_WithoutContent_IsRefusedAsEtcdDoes() =>
        Refuses(EtcdErrorCode.KeyNotFound, new TxnRequest { Success = { new RequestOp() } });

    [Fact]
    public void Put_ValueOrLeaseBesideIgnoreFlag_IsRefused()
    {
        Refuses(EtcdErrorCode.ValueProvided, () => RequestValidator.Check(
            new PutRequest { Key = Bytes("a"), Value = Bytes("v"), IgnoreValue = true }));
        Refuses(EtcdErrorCode.LeaseProvided, () => RequestValidator.Check(
            new PutRequest { Key = Bytes("a"), Lease = 1, IgnoreLease = true }));
    }

    [Theory]
    [InlineData(3, 0)]
    [InlineData(-1, 0)]
    [InlineData(0, 5)]
    [InlineData(0, -1)]
    public void Range_UnknownSortOption_IsRefusedAlsoWhenNested(int order, int target)
    {
        // Incident #13554.
        var range = new RangeRequest
        {
            Key = Bytes("a"),
            SortOrder = (RangeRequest.Types.SortOrder)order,
            SortTarget = (RangeRequest.Types.SortTarget)target,
        };
        var nested = new TxnRequest { Failure = { new RequestOp { RequestRange = range } } };

        Refuses(EtcdErrorCode.InvalidSortOption, () => RequestValidator.Check(range));
        Refuses(EtcdErrorCode.InvalidSortOption, new TxnRequest { Success = { new RequestOp { RequestTxn = nested } } });
    }

    [Theory]
    [InlineData(4, 0)]
    [InlineData(-1, 0)]
    [InlineData(0, 5)]
    public void Compare_UnknownEnum_IsRefused(int result, int target) => Refuses(EtcdErrorCode.InvalidRequestOption, new TxnRequest
    {
        Compare =
        {
            new Compare
            {
                Key = Bytes("a"),
                Result = (Compare.Types.CompareResult)result,
                Target = (Compare.Types.CompareTarget)target,
            },
        },
    });

    [Theory]
    [InlineData(128, false)]
    [InlineData(129, true)]
    public void Txn_Operations_AreLimitedPerBranch(int count, bool refused)
    {
        var request = new TxnRequest();
        for (int i = 0; i < count; i++)
        {
            request.Success.Add(Put($"k{i}"));
        }

        Expect(refused ? EtcdErrorCode.TooManyOps : null, request);
    }

    [Theory]
    [InlineData(27, false)]
    [InlineData(28, true)]
    public void Txn_NestedOperations_ShareWhatIsLeft(int nestedCount, bool refused)
    {
        var nested = new TxnRequest();
        for (int i = 0; i < nestedCount; i++)
        {
            nested.Failure.Add(Put($"n{i}"));
        }

        var request = new TxnRequest { Success = { new RequestOp { RequestTxn = nested } } };
        for (int i = 0; i < 100; i++)
        {
            request.Success.Add(Put($"k{i}"));
        }

        Expect(refused ? EtcdErrorCode.TooManyOps : null, request);
    }

    [Fact]
    public void Txn_KeyPutTwice_IsRefused()
    {
        Refuses(EtcdErrorCode.DuplicateKey, new TxnRequest { Success = { Put("a"), Put("a") } });
        Refuses(EtcdErrorCode.DuplicateKey, new TxnRequest { Success = { Put("a"), Nested(then: [Put("a")]) } });
        Refuses(EtcdErrorCode.DuplicateKey, new TxnRequest { Success = { Nested(then: [Put("a")]), Nested(otherwise: [Put("a")]) } });
        Accepts(new TxnRequest { Success = { Put("a") }, Failure = { Put("a") } });
        Accepts(new TxnRequest { Success = { Nested(then: [Put("a")], otherwise: [Put("a")]) } });
    }

    [Fact]
    public void Txn_PutInsideDelete_IsRefusedWhateverTheirOrder()
    {
        Refuses(EtcdErrorCode.DuplicateKey, new TxnRequest { Success = { Delete("a", "c"), Put("b") } });
        Refuses(EtcdErrorCode.DuplicateKey, new TxnRequest { Failure = { Put("b"), Delete("b") } });
        Refuses(EtcdErrorCode.DuplicateKey, new TxnRequest { Success = { Nested(then: [Put("b")]), Delete("a", "c") } });
        Refuses(EtcdErrorCode.DuplicateKey, new TxnRequest { Success = { Put("b"), Nested(then: [Delete("a", "c")]) } });
        Refuses(EtcdErrorCode.DuplicateKey, new TxnRequest { Success = { Nested(then: [Delete("a", "c")]), Nested(then: [Put("b")]) } });
        Accepts(new TxnRequest { Success = { Delete("a", "c"), Put("c") } });
        Accepts(new TxnRequest { Success = { Delete("a", "c"), Delete("b", "d") } });
    }

    [Fact]
    public void Txn_DeleteOfEverythingFromAKey_ConflictsOnlyWithThatKey()
    {
        // Real etcd 3.5.30 accepts the first and refuses the second.
        Accepts(new TxnRequest { Success = { Delete("a", "\0"), Put("b") } });
        Refuses(EtcdErrorCode.DuplicateKey, new TxnRequest { Success = { Delete("b", "\0"), Put("b") } });
    }

    [Fact]
    public void Txn_ManyOverlappingDeletes_AreOneInterval()
    {
        var request = new TxnRequest();
        for (int i = 0; i < 26; i++)
        {
            request.Success.Add(Nested(then: [Delete(((char)('z' - i)).ToString(), ((char)('z' - i + 2)).ToString())]));
        }

        Accepts(request.Clone());
        request.Success.Add(Put("m5"));
        Refuses(EtcdErrorCode.DuplicateKey, request);
    }

    private static RequestOp Put(string key) => new() { RequestPut = new PutRequest { Key = Bytes(key) } };

    private static RequestOp Delete(string key, string end = "") =>
        new() { RequestDeleteRange = new DeleteRangeRequest { Key = Bytes(key), RangeEnd = Bytes(end) } };

    private static RequestOp Nested(RequestOp[]? then = null, RequestOp[]? otherwise = null) =>
        new() { RequestTxn = new TxnRequest { Success = { then ?? [] }, Failure = { otherwise ?? [] } } };

    private static void Accepts(TxnRequest request) => RequestValidator.Check(request, OpsMax);

    private static void Refuses(EtcdErrorCode code, TxnRequest request) => Refuses(code, () => RequestValidator.Check(request, OpsMax));

    private static void Refuses(EtcdErrorCode code, Action check) => Assert.Equal(code, Assert.Throws<EtcdException>(check).Code);

    private static void Expect(EtcdErrorCode? code, TxnRequest request)
    {
        if (code is { } refused)
        {
            Refuses(refused, request);
        }
        else
        {
            Accepts(request);
        }
    }
}
