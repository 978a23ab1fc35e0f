using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Observation;

using Google.Protobuf;

namespace Etcd.Server.Tests.Observation;

// The texts are those that real etcd 3.5.30 writes for the same requests.
public sealed class RequestTextTests
{
    [Fact]
    public void Of_Put_HasTheSizeOfItsValueOnly() =>
        Assert.Equal(
            "header:<ID:7 > put:<key:\"b\" value_size:6 >",
            RequestText.Of(new InternalRaftRequest { Header = new RequestHeader { ID = 7 }, Put = new PutRequest { Key = Bytes("b"), Value = Bytes("secret") } }));

    [Fact]
    public void Of_Txn_HasComparesAndBothBranches() =>
        Assert.Equal(
            "compare:<result:GREATER target:MOD key:\"a\" mod_revision:0 > success:<request_put:<key:\"a\" value_size:1 >> failure:<request_range:<key:\"a\" > >",
            RequestText.Of(new TxnRequest
            {
                Compare =
                {
                    new Compare
                    {
                        Result = Compare.Types.CompareResult.Greater, Target = Compare.Types.CompareTarget.Mod, Key = Bytes("a"), ModRevision = 0,
                    },
                },
                Success = { new RequestOp { RequestPut = new PutRequest { Key = Bytes("a"), Value = Bytes("c") } } },
                Failure = { new RequestOp { RequestRange = new RangeRequest { Key = Bytes("a") } } },
            }));

    [Fact]
    public void Of_RangeOverAll_WritesBytesOutsideAsciiInOctal() =>
        Assert.Equal(
            "key:\"\\000\" range_end:\"\\000\" sort_target:VALUE ",
            RequestText.Of(new RangeRequest
            {
                Key = ByteString.CopyFrom(0),
                RangeEnd = ByteString.CopyFrom(0),
                SortTarget = RangeRequest.Types.SortTarget.Value,
            }));

    [Fact]
    public void Of_NewUser_DoesNotTellThePassword()
    {
        var request = new InternalRaftRequest { AuthUserAdd = new AuthUserAddRequest { Name = "u", Password = "secret" } };

        Assert.DoesNotContain("secret", RequestText.Of(request), StringComparison.Ordinal);
        Assert.Equal("AuthUserAdd", RequestText.OperationOf(request));
    }

    [Theory]
    [InlineData(873, "87.3µs")]
    [InlineData(15_000, "1.5ms")]
    [InlineData(10_000_000, "1s")]
    [InlineData(1_235_000_000, "2m3.5s")]
    [InlineData(5, "500ns")]
    public void Duration_OfEachSize_HasEtcdsText(long ticks, string expected) => Assert.Equal(expected, DurationText.Of(new TimeSpan(ticks)));

    private static ByteString Bytes(string text) => ByteString.CopyFromUtf8(text);
}
