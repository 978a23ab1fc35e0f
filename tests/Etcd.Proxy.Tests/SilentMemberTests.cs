using System.CommandLine;
using System.Net;
using System.Net.Sockets;

using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Programs;
using Etcd.Proxy.Upstreams;

using Google.Protobuf;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Proxy.Tests;

// A member that has lost its power: its host ends no connection, and answers nothing any more.
public sealed class SilentMemberTests
{
    private const string KvService = "etcdserverpb.KV";

    private static readonly RpcMethod<RangeRequest, RangeResponse> Range = new(KvService, "Range", RangeResponse.Parser);
    private static readonly RpcMethod<PutRequest, PutResponse> Put = new(KvService, "Put", PutResponse.Parser);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // Takes the ten seconds of the default.
    [Fact(Timeout = 120_000)]
    public async Task Calls_MemberFallsSilent_EndAndGoOnAtAnother()
    {
        using var silent = new SilentMember();
        await using RpcServer healthy = await StartHealthyAsync();
        var options = new GrpcProxyOptions
        {
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            Endpoints = [silent.Endpoint, $"http://{healthy.EndPoints[0]}"],
            DialKeepAliveTimeout = TimeSpan.FromMilliseconds(200),
        };
        await using var proxy = new GrpcProxy(options, NullLoggerFactory.Instance, TimeProvider.System);
        await proxy.StartAsync(Cancellation);
        await using var client = new RpcChannel(RpcAddress.Parse($"http://{proxy.EndPoint}"));
        var key = ByteString.CopyFromUtf8("k");

        Task<PutResponse> write = client.UnaryAsync(Put, new PutRequest { Key = key }, cancellationToken: Cancellation);
        using Socket connection = await silent.TakeCallAsync(Cancellation);
        Task<RangeResponse> read = client.UnaryAsync(Range, new RangeRequest { Key = key }, cancellationToken: Cancellation);

        // Whether the write was carried out nobody knows; the read can be made again.
        RpcException lost = await Assert.ThrowsAsync<RpcException>(() => write);
        Assert.Equal(RpcStatusCode.Unavailable, lost.Code);
        Assert.Equal(1, (await read).Count);
        Assert.Equal(7, (await client.UnaryAsync(Put, new PutRequest { Key = key }, cancellationToken: Cancellation)).Header.Revision);
    }

    // What may not be made again must not keep the next call at a member that is gone.
    [Fact(Timeout = 60_000)]
    public async Task Write_ConnectionIsLost_TheNextOneGoesToAnother()
    {
        using var dying = new SilentMember();
        await using RpcServer healthy = await StartHealthyAsync();
        await using var upstream = new Upstream(
            [dying.Endpoint, $"http://{healthy.EndPoints[0]}"], endpoint => new RpcChannel(RpcAddress.Parse(endpoint)));

        Task<PutResponse> write = upstream.UnaryAsync(Put, new PutRequest(), ForwardedCredentials.None, isRepeatable: false, Cancellation);
        (await dying.TakeCallAsync(Cancellation)).Dispose();

        RpcException lost = await Assert.ThrowsAsync<RpcException>(() => write);
        Assert.Equal(RpcStatusCode.Unavailable, lost.Code);
        Assert.NotEqual(dying.Endpoint, upstream.Current);
    }

    [Fact]
    public void Flag_WithoutIt_MembersAreAskedAsOften()
    {
        Option flag = GrpcProxyProgram.Create().Subcommands[0].Options.Single(option => option.Name == "--dial-keepalive-time");
        var options = new GrpcProxyOptions { Listen = new IPEndPoint(IPAddress.Loopback, 0), Endpoints = [] };

        Assert.Equal(options.DialKeepAliveInterval, flag.GetDefaultValue());
        Assert.True(options.DialKeepAliveInterval > TimeSpan.Zero);
    }

    private static async Task<RpcServer> StartHealthyAsync()
    {
        var table = new RpcServiceTable();
        table.AddUnary(KvService, "Range", RangeRequest.Parser, (_, _) => ValueTask.FromResult(new RangeResponse { Header = new ResponseHeader(), Count = 1 }));
        table.AddUnary(
            KvService, "Put", PutRequest.Parser, (_, _) => ValueTask.FromResult(new PutResponse { Header = new ResponseHeader { Revision = 7 } }));
        var server = new RpcServer(new RpcServerOptions(), table);
        server.ListenShared(new IPEndPoint(IPAddress.Loopback, 0));
        await server.StartAsync(Cancellation);
        return server;
    }
}
