using System.Collections.Concurrent;
using System.Net;

using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;
using Etcd.Proxy.Leases;
using Etcd.Proxy.Upstreams;

using Google.Protobuf;

namespace Etcd.Proxy.Tests;

public sealed class LeaseRelayTests
{
    private const int Clients = 8;

    private static readonly RpcMethod<LeaseKeepAliveRequest, LeaseKeepAliveResponse> KeepAlive =
        new("etcdserverpb.Lease", "LeaseKeepAlive", LeaseKeepAliveResponse.Parser);

    private readonly ConcurrentQueue<long> _renewed = new();
    private int _streams;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task KeepAlive_ManyClients_ShareOneStreamToTheCluster()
    {
        var member = new RpcServiceTable();
        member.AddStreaming(KeepAlive.Service, KeepAlive.Name, RpcMethodKind.BidiStream, ServeAsync);
        await using RpcServer cluster = await StartAsync(member);
        await using var upstream = new Upstream(["member"], _ => Connect(cluster));
        var table = new RpcServiceTable();
        new LeaseRelay(upstream, new NamespacedMessages(new KeyNamespace(ByteString.Empty))).AddTo(table, new Relay(table, upstream));
        await using RpcServer proxy = await StartAsync(table);
        RpcChannel[] channels = [.. Enumerable.Range(0, Clients).Select(_ => Connect(proxy))];
        RpcStreamCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse>[] streams = await Task.WhenAll(
            channels.Select(channel => channel.StreamAsync(KeepAlive, new RpcCallOptions(), Cancellation)));

        for (int round = 0; round < 2; round++)
        {
            LeaseKeepAliveResponse[] replies = await Task.WhenAll(streams.Select((stream, lease) => RenewAsync(stream, lease + 1)));
            Assert.Equal(Enumerable.Range(1, Clients).Select(lease => ((long)lease, lease + 100L)), replies.Select(reply => (reply.ID, reply.TTL)));
        }

        Assert.Equal(1, Volatile.Read(ref _streams));
        Assert.Equal(Enumerable.Range(1, Clients).SelectMany(lease => new[] { (long)lease, lease }), _renewed.Order());
        foreach (RpcStreamCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse> stream in streams)
        {
            stream.Dispose();
        }

        foreach (RpcChannel channel in channels)
        {
            await channel.DisposeAsync();
        }
    }

    private static async Task<LeaseKeepAliveResponse> RenewAsync(RpcStreamCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse> stream, long lease)
    {
        await stream.WriteAsync(new LeaseKeepAliveRequest { ID = lease }, Cancellation);
        Assert.True(await stream.MoveNextAsync(Cancellation));
        return stream.Current;
    }

    private static async Task<RpcServer> StartAsync(RpcServiceTable table)
    {
        var server = new RpcServer(new RpcServerOptions(), table);
        server.ListenShared(new IPEndPoint(IPAddress.Loopback, 0));
        await server.StartAsync(Cancellation);
        return server;
    }

    private static RpcChannel Connect(RpcServer server) => new(RpcAddress.Parse($"http://{server.EndPoints[0]}"), new RpcChannelOptions());

    private async Task ServeAsync(RpcServerCall call, RpcRequestReader requests, RpcReplyWriter replies)
    {
        Interlocked.Increment(ref _streams);
        while (await requests.MoveNextAsync(call.CancellationToken))
        {
            long lease = LeaseKeepAliveRequest.Parser.ParseFrom(requests.Current).ID;
            _renewed.Enqueue(lease);
            new LeaseKeepAliveResponse { ID = lease, TTL = lease + 100 }.WriteTo(replies.Begin());
            await replies.SendAsync(call.CancellationToken);
        }
    }
}
