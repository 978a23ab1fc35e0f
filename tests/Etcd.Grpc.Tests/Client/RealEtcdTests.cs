using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;
using Google.Protobuf;
using RealEtcd = Etcd.Testing.RealEtcd;

namespace Etcd.Grpc.Tests.Client;

/// <summary>Our clients against the server everybody else's clients are written for.</summary>
public sealed class RealEtcdTests
{
    private static readonly RpcMethod<PutRequest, PutResponse> Put = new("etcdserverpb.KV", "Put", PutResponse.Parser);
    private static readonly RpcMethod<RangeRequest, RangeResponse> Range = new("etcdserverpb.KV", "Range", RangeResponse.Parser);
    private static readonly RpcMethod<WatchRequest, WatchResponse> Watch = new("etcdserverpb.Watch", "Watch", WatchResponse.Parser);
    private static readonly RpcMethod<SnapshotRequest, SnapshotResponse> Snapshot =
        new("etcdserverpb.Maintenance", "Snapshot", SnapshotResponse.Parser);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(RpcTransportKind.Lean, false)]
    [InlineData(RpcTransportKind.Lean, true)]
    [InlineData(RpcTransportKind.SocketsHttp, false)]
    public async Task RealEtcd_AllShapesOfCalls_Work(RpcTransportKind transport, bool isBlocking)
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions { Kind = ServerKind.Real35, DataDirectory = directory.File("etcd") }, Cancellation);
        await using var channel = new RpcChannel(
            RpcAddress.Parse(server.Endpoint), new RpcChannelOptions { Transport = transport, BlockingUnary = isBlocking });

        RpcException empty = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            Put, new PutRequest(), cancellationToken: Cancellation));
        Assert.Equal((RpcStatusCode.InvalidArgument, "etcdserver: key is not provided"), (empty.Code, empty.Message));

        // Large values fill the windows both ways; gzip is known to etcd, too.
        ByteString large = ByteString.CopyFrom(new byte[1_000_000]);
        for (int i = 0; i < 10; i++)
        {
            await channel.UnaryAsync(
                Put, new PutRequest { Key = ByteString.CopyFromUtf8($"k{i}"), Value = large },
                new RpcCallOptions { Gzip = i % 2 == 1, Timeout = TimeSpan.FromSeconds(30) }, Cancellation);
        }

        RangeResponse all = await channel.UnaryAsync(
            Range, new RangeRequest { Key = ByteString.CopyFromUtf8("k"), RangeEnd = ByteString.CopyFromUtf8("l") }, cancellationToken: Cancellation);
        Assert.Equal(10, all.Kvs.Count(pair => pair.Value == large));

        await WatchOnePutAsync(channel);
        await ReadSnapshotAsync(channel, atLeastBytes: 10_000_000);
    }

    private static async Task WatchOnePutAsync(RpcChannel channel)
    {
        using RpcStreamCall<WatchRequest, WatchResponse> watch = await channel.StreamAsync(Watch, cancellationToken: Cancellation);
        await watch.WriteAsync(
            new WatchRequest { CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8("w") } }, Cancellation);
        Assert.True(await watch.MoveNextAsync(Cancellation));
        Assert.True(watch.Current.Created);

        await channel.UnaryAsync(Put, new PutRequest { Key = ByteString.CopyFromUtf8("w") }, cancellationToken: Cancellation);

        Assert.True(await watch.MoveNextAsync(Cancellation));
        Assert.Equal(Event.Types.EventType.Put, Assert.Single(watch.Current.Events).Type);
    }

    private static async Task ReadSnapshotAsync(RpcChannel channel, long atLeastBytes)
    {
        using RpcStreamCall<SnapshotRequest, SnapshotResponse> snapshot = await channel.ServerStreamAsync(
            Snapshot, new SnapshotRequest(), cancellationToken: Cancellation);
        long bytes = 0;
        while (await snapshot.MoveNextAsync(Cancellation))
        {
            bytes += snapshot.Current.Blob.Length;
        }

        Assert.InRange(bytes, atLeastBytes, long.MaxValue);
    }
}
