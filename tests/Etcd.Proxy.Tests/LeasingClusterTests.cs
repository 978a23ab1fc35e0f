using Etcd.Grpc;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;
using Etcd.Proxy.Upstreams;

using Google.Protobuf;

namespace Etcd.Proxy.Tests;

// What another proxy owns, and how this one waits until it does not any more.
public sealed class LeasingClusterTests
{
    private static readonly KeyInterval[] Written = [new(ByteString.CopyFromUtf8("k"), ByteString.Empty)];

    private static readonly KeyValue Mark =
        new() { Key = ByteString.CopyFromUtf8("/leasing/k"), Value = ByteString.CopyFromUtf8("REVOKE"), Lease = 7, CreateRevision = 3 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // A watch that a compaction ends has said nothing about the mark.
    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Revoke_CompactionDuringTheWait_LooksAtTheMarkAgain(bool isStillThere)
    {
        await using LeasingFixture fixture = await LeasingFixture.StartAsync();
        var starts = new List<long>();
        int looks = 0;
        fixture.OnTxn = request => ++looks switch
        {
            1 => Look(LeasingFixture.Revision, Mark),
            _ => new TxnResponse { Header = LeasingFixture.At(LeasingFixture.Revision + 10), Succeeded = isStillThere },
        };
        fixture.OnWatch = request =>
        {
            starts.Add(request.StartRevision);
            return
            [
                starts.Count == 1
                    ? new WatchResponse { Header = LeasingFixture.At(LeasingFixture.Revision), Canceled = true, CompactRevision = LeasingFixture.Revision + 5 }
                    : Deleted(),
            ];
        };

        await fixture.Cluster.RevokeAsync(Written, exceptLease: 0, ForwardedCredentials.None, Cancellation);

        Assert.Equal(2, looks);
        Assert.Equal(isStillThere ? [LeasingFixture.Revision + 1, LeasingFixture.Revision + 11] : [LeasingFixture.Revision + 1], starts);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("rpc error: code = PermissionDenied desc = etcdserver: permission denied", RpcStatusCode.PermissionDenied, "etcdserver: permission denied")]
    [InlineData("etcdserver: no such thing", RpcStatusCode.Unknown, "etcdserver: no such thing")]
    public async Task Revoke_WatchIsRefused_FailsWithTheStatusOfTheRefusal(string reason, RpcStatusCode code, string message)
    {
        await using LeasingFixture fixture = await LeasingFixture.StartAsync();
        fixture.OnTxn = _ => Look(LeasingFixture.Revision, Mark);
        fixture.OnWatch = _ => [new WatchResponse { Header = LeasingFixture.At(LeasingFixture.Revision), Canceled = true, CancelReason = reason }];

        RpcException failure = await Assert.ThrowsAsync<RpcException>(
            () => fixture.Cluster.RevokeAsync(Written, exceptLease: 0, ForwardedCredentials.None, Cancellation));

        Assert.Equal((code, message), (failure.Code, failure.Message));
    }

    // A cluster that was restored from a backup begins again at lower revisions.
    [Fact(Timeout = 60_000)]
    public async Task BeginAt_LowerRevision_IsTheLatest()
    {
        await using LeasingFixture fixture = await LeasingFixture.StartAsync();
        fixture.Cluster.Saw(LeasingFixture.At(1000));

        fixture.Cluster.BeginAt(LeasingFixture.At(5));

        Assert.Equal(5, fixture.Cluster.Latest?.Revision);
    }

    private static TxnResponse Look(long revision, KeyValue mark) => new()
    {
        Header = LeasingFixture.At(revision),
        Succeeded = true,
        Responses = { new ResponseOp { ResponseRange = new RangeResponse { Kvs = { mark } } } },
    };

    private static WatchResponse Deleted() => new()
    {
        Header = LeasingFixture.At(LeasingFixture.Revision + 11),
        Events = { new Event { Type = Event.Types.EventType.Delete, Kv = new KeyValue { Key = Mark.Key, ModRevision = LeasingFixture.Revision + 11 } } },
    };
}
