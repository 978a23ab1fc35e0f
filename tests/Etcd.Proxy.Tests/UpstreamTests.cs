using Etcd.Grpc;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Upstreams;

using Google.Protobuf;

namespace Etcd.Proxy.Tests;

public sealed class UpstreamTests
{
    private static readonly RpcMethod<WatchRequest, WatchResponse> Watch = new("etcdserverpb.Watch", "Watch", WatchResponse.Parser);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // A proxy that follows its cluster for years must not keep a connection to every member there ever was.
    [Fact(Timeout = 60_000)]
    public async Task ReplaceAsync_MemberThatIsGone_KeepsItsConnectionUntilTheNextList()
    {
        await using WatchedCluster cluster = await WatchedCluster.StartAsync();
        string gone = cluster.Upstream.Current;
        using RpcStreamCall<WatchRequest, WatchResponse> watch =
            await cluster.Upstream.StreamAsync(Watch, gone, ForwardedCredentials.None, Cancellation);
        await watch.WriteAsync(
            new WatchRequest { CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8("k"), StartRevision = 100 } }, Cancellation);
        Assert.True(await watch.MoveNextAsync(Cancellation));

        await cluster.Upstream.ReplaceAsync(["other"]);
        await watch.WriteAsync(new WatchRequest { ProgressRequest = new WatchProgressRequest() }, Cancellation);
        bool isOpen = await watch.MoveNextAsync(Cancellation);
        await cluster.Upstream.ReplaceAsync(["other"]);

        Assert.True(isOpen);
        Assert.Equal("other", cluster.Upstream.Current);
        await Assert.ThrowsAsync<RpcException>(() => watch.MoveNextAsync(Cancellation).AsTask());
    }
}
