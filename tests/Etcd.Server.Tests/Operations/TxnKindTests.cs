using Etcd.Protocol.Rpc;
using Etcd.Server.Operations;

namespace Etcd.Server.Tests.Operations;

public sealed class TxnKindTests
{
    // The simulation found it: such a transaction was answered from a member that was behind, older than writes that had been acknowledged.
    [Fact]
    public void IsSerializable_TransactionOnlyCompares_IsNot()
    {
        var txn = new TxnRequest { Compare = { new Compare() }, Success = { new RequestOp { RequestTxn = new TxnRequest() } } };

        bool isSerializable = TxnKind.IsSerializable(txn);

        Assert.True(TxnKind.IsReadOnly(txn));
        Assert.False(isSerializable);
    }

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    public void IsSerializable_BranchesRead_IsWhenAllReadsAre(bool thenSerializable, bool elseSerializable, bool expected)
    {
        var nested = new TxnRequest { Failure = { Range(elseSerializable) } };
        var txn = new TxnRequest { Success = { Range(thenSerializable) }, Failure = { new RequestOp { RequestTxn = nested } } };

        bool isSerializable = TxnKind.IsSerializable(txn);

        Assert.Equal(expected, isSerializable);
    }

    [Fact]
    public void IsSerializable_OneBranchIsEmpty_IsAsTheOtherAsks() =>
        Assert.True(TxnKind.IsSerializable(new TxnRequest { Success = { Range(isSerializable: true) } }));

    private static RequestOp Range(bool isSerializable) => new() { RequestRange = new RangeRequest { Serializable = isSerializable } };
}
