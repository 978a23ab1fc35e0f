using System.Net;
using System.Threading.Channels;

using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;
using Etcd.Proxy.Leasing;
using Etcd.Proxy.Upstreams;
using Etcd.Testing;

using Google.Protobuf;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Proxy.Tests;

/// <summary>A proxy's leasing on a cluster whose answers the test gives: it grants leases, and says nothing to watches and keep-alives.</summary>
internal sealed class LeasingFixture : IAsyncDisposable
{
    /// <summary>The revision of what the cluster answers when the test does not say otherwise.</summary>
    internal const long Revision = 10;

    /// <summary>The lease of the first session; the next ones count on from it.</summary>
    internal const long FirstLease = 100;

    private readonly RpcServer _server;
    private readonly Upstream _upstream;
    private readonly LeasingSessions _sessions;
    private readonly CancellationTokenSource _end = new();
    private Task _running = Task.CompletedTask;
    private long _leases;
    private int _keepAliveStreams;

    private LeasingFixture()
    {
        var table = new RpcServiceTable();
        table.AddUnary("etcdserverpb.KV", "Range", RangeRequest.Parser, (_, request) => ValueTask.FromResult(OnRange(request)));
        table.AddUnary("etcdserverpb.KV", "Txn", TxnRequest.Parser, (_, request) => ValueTask.FromResult(OnTxn(request)));
        table.AddUnary("etcdserverpb.Lease", "LeaseGrant", LeaseGrantRequest.Parser, Grant);
        table.AddUnary("etcdserverpb.Lease", "LeaseRevoke", LeaseRevokeRequest.Parser, (_, _) => ValueTask.FromResult(new LeaseRevokeResponse()));
        table.AddStreaming("etcdserverpb.Lease", "LeaseKeepAlive", RpcMethodKind.BidiStream, KeepAliveAsync);
        table.AddStreaming("etcdserverpb.Watch", "Watch", RpcMethodKind.BidiStream, WatchAsync);
        _server = new RpcServer(new RpcServerOptions(), table);
        _server.ListenShared(new IPEndPoint(IPAddress.Loopback, 0));
        _upstream = new Upstream(["member"], _ => new RpcChannel(RpcAddress.Parse($"http://{_server.EndPoints[0]}"), new RpcChannelOptions()));
        Cluster = new LeasingCluster(_upstream, "", "/leasing/", Time);
        _sessions = new LeasingSessions(_upstream, Cluster, new ProxyLog(NullLogger.Instance), Time);
        Reads = new OwnedReads(_sessions, Cluster, new NamespacedMessages(new KeyNamespace(ByteString.Empty)));
        Writes = new GuardedWrites(_sessions, Cluster);
    }

    internal ManualTimeProvider Time { get; } = new();

    internal LeasingCluster Cluster { get; }

    internal OwnedReads Reads { get; }

    internal GuardedWrites Writes { get; }

    /// <summary>Answers ranges.</summary>
    internal Func<RangeRequest, RangeResponse> OnRange { get; set; } = _ => new RangeResponse { Header = At(Revision) };

    /// <summary>Answers transactions.</summary>
    internal Func<TxnRequest, TxnResponse> OnTxn { get; set; } = _ => new TxnResponse { Header = At(Revision), Succeeded = true };

    /// <summary>The messages that follow the creation of a watch.</summary>
    internal Func<WatchCreateRequest, IEnumerable<WatchResponse>> OnWatch { get; set; } = _ => [];

    /// <summary>The keep-alives that have come, each with the number of its stream.</summary>
    internal Channel<int> KeepAlives { get; } = Channel.CreateUnbounded<int>();

    internal static ResponseHeader At(long revision) => new() { Revision = revision };

    internal static async Task<LeasingFixture> StartAsync()
    {
        var fixture = new LeasingFixture();
        await fixture._server.StartAsync(TestContext.Current.CancellationToken);
        return fixture;
    }

    /// <summary>Begins the first session.</summary>
    internal async Task<LeasingSession> BeginAsync()
    {
        _running = _sessions.RunAsync(_end.Token);
        return await SessionAsync(FirstLease);
    }

    /// <summary>Waits for the session of a lease, and lets the time of pauses on the way to it pass.</summary>
    internal async Task<LeasingSession> SessionAsync(long lease)
    {
        LeasingSession? session;
        while ((session = _sessions.Current)?.Lease != lease)
        {
            if (Time.ArmedTimers > 0)
            {
                Time.Advance(TimeSpan.FromMilliseconds(100));
            }

            // A look at the state again: neither the session nor the clock tells of its changes.
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        return session!;
    }

    /// <summary>Waits until exactly one timer runs, and lets its time pass.</summary>
    internal async Task PassAsync(TimeSpan time)
    {
        while (Time.ArmedTimers != 1)
        {
            // A look at the state again: neither the session nor the clock tells of its changes.
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        Time.Advance(time);
    }

    /// <summary>A linearizable read of a key, by nobody in particular.</summary>
    internal async Task<RangeResponse> ReadAsync(ByteString key) =>
        (await Reads.TryReadAsync(new RangeRequest { Key = key }, key, ForwardedCredentials.None, TestContext.Current.CancellationToken))!;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running;
        _end.Dispose();
        await _upstream.DisposeAsync();
        await _server.DisposeAsync();
    }

    private ValueTask<LeaseGrantResponse> Grant(RpcServerCall call, LeaseGrantRequest request) =>
        ValueTask.FromResult(new LeaseGrantResponse { Header = At(1), ID = FirstLease + _leases++, TTL = request.TTL });

    private async Task KeepAliveAsync(RpcServerCall call, RpcRequestReader requests, RpcReplyWriter replies)
    {
        int stream = Interlocked.Increment(ref _keepAliveStreams);
        while (await requests.MoveNextAsync(call.CancellationToken))
        {
            KeepAlives.Writer.TryWrite(stream);
        }
    }

    private async Task WatchAsync(RpcServerCall call, RpcRequestReader requests, RpcReplyWriter replies)
    {
        while (await requests.MoveNextAsync(call.CancellationToken))
        {
            WatchCreateRequest request = WatchRequest.Parser.ParseFrom(requests.Current).CreateRequest;
            foreach (WatchResponse message in OnWatch(request).Prepend(new WatchResponse { Header = At(Revision), Created = true }))
            {
                message.WriteTo(replies.Begin());
                await replies.SendAsync(call.CancellationToken);
            }
        }
    }
}
