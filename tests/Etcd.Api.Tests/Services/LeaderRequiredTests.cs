using System.Net;

using Etcd.Api.Limits;
using Etcd.Api.Services;
using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Peer;
using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Testing.SimulatedDisk;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Api.Tests.Services;

// The metadata "hasleader: true": clients of etcd ask by it to be told that there is no leader, instead of waiting.
public sealed class LeaderRequiredTests : IAsyncLifetime
{
    private static readonly RpcMethod<MemberListRequest, MemberListResponse> List =
        new("etcdserverpb.Cluster", "MemberList", MemberListResponse.Parser);

    private static readonly RpcMethod<WatchRequest, WatchResponse> Watch = new("etcdserverpb.Watch", "Watch", WatchResponse.Parser);

    private EtcdServer _server = null!;
    private RpcServer _port = null!;
    private RpcChannel _channel = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // One of two members, whose peer never comes: there is no leader.
    public async ValueTask InitializeAsync()
    {
        var options = new ServerOptions
        {
            Name = "one",
            DataDirectory = "/data",
            InitialCluster = new Dictionary<string, IReadOnlyList<string>>
            {
                ["one"] = ["http://localhost:2380"],
                ["two"] = ["http://localhost:2390"],
            },
            HeartbeatInterval = TimeSpan.FromMilliseconds(10),
            ElectionTimeout = TimeSpan.FromMilliseconds(50),
            Seed = 1,
        };
        _server = await EtcdServer.StartAsync(
            options, new SimulatedFileSystem(), TimeProvider.System, NullLoggerFactory.Instance, LonePeerNetwork.Instance);
        var table = new RpcServiceTable();
        EtcdServices.AddTo(table, _server, new ServiceLimits(long.MaxValue, TimeProvider.System));
        _port = new RpcServer(
            new RpcServerOptions { Admit = new CallAdmission(_server).Admit, TranslateException = ErrorTranslation.ToStatus }, table);
        _port.ListenShared(new IPEndPoint(IPAddress.Loopback, 0));
        await _port.StartAsync(Cancellation);
        _channel = new RpcChannel(RpcAddress.Parse($"http://{_port.EndPoints[0]}"));
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _port.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Unary_LeaderRequired_IsRefused()
    {
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(
            () => _channel.UnaryAsync(List, new MemberListRequest(), LeaderRequired(), Cancellation));

        Assert.Equal((RpcStatusCode.Unavailable, "etcdserver: no leader"), (refusal.Code, refusal.Message));
    }

    [Fact]
    public async Task Unary_LeaderNotRequired_IsServed()
    {
        MemberListResponse reply = await _channel.UnaryAsync(List, new MemberListRequest(), cancellationToken: Cancellation);

        Assert.Equal(2, reply.Members.Count);
    }

    [Fact]
    public async Task Stream_LeaderRequired_IsRefused()
    {
        using RpcStreamCall<WatchRequest, WatchResponse> watch = await _channel.StreamAsync(Watch, LeaderRequired(), Cancellation);

        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => watch.MoveNextAsync(Cancellation).AsTask());

        Assert.Equal((RpcStatusCode.Unavailable, "etcdserver: no leader"), (refusal.Code, refusal.Message));
    }

    // A stream that was let in while there was a leader ends three election time-outs after it has gone.
    [Fact]
    public async Task Stream_LeaderGoneForAWhile_IsEnded()
    {
        using var stream = new CancellationTokenSource();
        var ended = new TaskCompletionSource();
        using CancellationTokenRegistration registration = stream.Token.Register(ended.SetResult);

        using LeaderlessStreams.Ticket ticket = new LeaderlessStreams(_server).Enter(stream);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        Assert.True(ticket.HasFired);
    }

    private static RpcCallOptions LeaderRequired()
    {
        var metadata = new RpcMetadata();
        metadata.Add("hasleader", "true");
        return new RpcCallOptions { Metadata = metadata };
    }
}
