using System.Net;

using Etcd.Api;
using Etcd.Api.Gateway;
using Etcd.Api.Http;
using Etcd.Api.Http.Debugging;
using Etcd.Api.Http.Peer;
using Etcd.Api.Limits;
using Etcd.Api.Limits.Rates;
using Etcd.Api.Metrics;
using Etcd.Api.Observation;
using Etcd.Grpc.Server;
using Etcd.Grpc.Server.Tls;
using Etcd.Hosting.Profiling;
using Etcd.Hosting.Settings;
using Etcd.Hosting.Tls;
using Etcd.Peer;
using Etcd.Server;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Listeners;

/// <summary>All listeners of a member: for peers, for clients, and those for plain HTTP that the settings split off.</summary>
internal sealed class MemberPorts : IAsyncDisposable
{
    // A request may be as large as allowed and still have a header around it.
    private const long ReceiveBytesBeyondRequest = 512 * 1024;

    private const long ReplyBytesMaxLeast = 64 * 1024 * 1024;
    private const int ReplyMemoryDivisor = 4;

    // As in etcd: a member that has nothing to ask for so long connects again.
    private static readonly TimeSpan PeerIdleTimeout = TimeSpan.FromSeconds(5);

    private readonly RpcServer _peers;
    private readonly RpcServer _clients;
    private readonly RpcServer? _clientHttp;
    private readonly RpcServer? _metrics;
    private readonly ProfileEndpoint? _profiles;

    internal MemberPorts(MemberSettings settings, EtcdServer server, HttpPeerTransport transport, MemberTls tls, ILoggerFactory loggers)
    {
        var table = new RpcServiceTable();
        var limits = new ServiceLimits(ReplyBytesMax(settings), server.Time);
        Rates = limits.Rates;
        EtcdServices.AddTo(table, server, limits);
        var rpcMetrics = new RpcMetrics(table, settings.MetricsAreExtensive);
        var metrics = new MetricsRegistry();
        rpcMetrics.AddTo(metrics);
        ServerMetrics.AddTo(metrics, server);
        LimitMetrics.AddTo(metrics, limits, server.Quotas);
        ProcessMetrics.AddTo(metrics);
        RuntimeMetrics.AddTo(metrics);
        GoMetrics.AddTo(metrics);
        ScrapeMetrics.AddTo(metrics);
        var versions = new ClientVersions();
        versions.AddTo(metrics);
        var requestStats = new RequestStatsLog(
            loggers.CreateLogger<RequestStatsLog>(), settings.WarningUnaryRequestDuration, server.Time);
        PeerMetrics.AddTo(metrics, transport);
        Metrics = metrics;

        bool splitsHttp = settings.ListenClientHttpUrls.Count > 0;
        _profiles = settings.EnableProfiling ? new ProfileEndpoint() : null;
        var debug = new DebugHttpFace(server, LoggedArguments.Of(Environment.GetCommandLineArgs()), _profiles is null ? null : _profiles.HandleAsync);
        RpcServerOptions common = Common(settings);
        RpcServerOptions forClients = ForClients(common, settings, rpcMetrics, new CallAdmission(server, versions), requestStats, limits);
        GatewayHttpFace? gateway = settings.EnableGateway ? new GatewayHttpFace(forClients, table, loggers) : null;
        var browsers = new BrowserRules(settings.CorsOrigins, settings.HostWhitelist);
        RequestDelegate http = new ClientHttpFace(server, metrics, settings.EnableV2, gateway, browsers, debug, limits).HandleAsync;
        var peerFace = new PeerHttpFace(server, new RaftHttpFace(transport, server.Time));
        _peers = Listening(
            new RpcServer(common with { IdleConnectionTimeout = PeerIdleTimeout }, new RpcServiceTable(), peerFace.HandleAsync, loggers),
            settings.ListenPeerUrls, tls.Peers);
        _clients = Listening(
            new RpcServer(forClients, table, splitsHttp ? null : http, loggers), settings.ListenClientUrls, tls.Clients);
        _clientHttp = splitsHttp
            ? Listening(new RpcServer(common, new RpcServiceTable(), http, loggers), settings.ListenClientHttpUrls, tls.Clients)
            : null;
        _metrics = settings.ListenMetricsUrls.Count > 0
            ? Listening(
                new RpcServer(common, new RpcServiceTable(), new MetricsHttpFace(server, metrics).HandleAsync, loggers),
                settings.ListenMetricsUrls, tls.Clients)
            : null;
    }

    /// <summary>What <c>/metrics</c> shows.</summary>
    internal MetricsRegistry Metrics { get; }

    /// <summary>How fast clients may ask.</summary>
    internal RateLimiter Rates { get; }

    /// <summary>Addresses clients can use, with real port numbers.</summary>
    internal IReadOnlyList<EndPoint> ClientEndPoints => _clients.EndPoints;

    /// <summary>Listens for peers, and for who watches over the member: both are served before the member has a leader.</summary>
    internal async Task StartPeersAsync(CancellationToken cancellationToken)
    {
        await _peers.StartAsync(cancellationToken);
        await (_metrics?.StartAsync(cancellationToken) ?? Task.CompletedTask);
    }

    /// <summary>Listens for clients.</summary>
    internal async Task StartClientsAsync(CancellationToken cancellationToken)
    {
        await _clients.StartAsync(cancellationToken);
        await (_clientHttp?.StartAsync(cancellationToken) ?? Task.CompletedTask);
    }

    /// <summary>Stops listening for anybody but peers and waits for the calls in progress.</summary>
    /// <param name="cancellationToken">Ends the wait: what is still open then is cut off.</param>
    internal async Task StopClientsAsync(CancellationToken cancellationToken)
    {
        foreach (RpcServer port in All().Where(port => port != _peers))
        {
            await port.StopAsync(cancellationToken);
        }
    }

    /// <summary>Stops listening for peers. Their streams end with the member, so it is to be stopped before.</summary>
    /// <param name="cancellationToken">Ends the wait for what is still open.</param>
    internal Task StopPeersAsync(CancellationToken cancellationToken) => _peers.StopAsync(cancellationToken);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (RpcServer port in All())
        {
            await port.DisposeAsync();
        }

        _profiles?.Dispose();
    }

    // What the process may use is what the garbage collector knows of: the machine, or the bound of its control group.
    private static long ReplyBytesMax(MemberSettings settings) => settings.ReplyMemoryBytesMax switch
    {
        0 => Math.Max(ReplyBytesMaxLeast, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / ReplyMemoryDivisor),
        < 0 => long.MaxValue,
        long given => given,
    };

    private static RpcServerOptions Common(MemberSettings settings) => new()
    {
        ReusePort = settings.SocketReusePort,
        ReuseAddress = settings.SocketReuseAddress,
        ServesHttp2Itself = settings.ServesHttp2Itself,
    };

    private static RpcServerOptions ForClients(RpcServerOptions common, MemberSettings settings, RpcMetrics metrics, CallAdmission admission, RequestStatsLog requestStats, ServiceLimits limits)
    {
        // In etcd no bound is 0, and pings are on only if both their times are.
        bool pings = settings.KeepAliveInterval > TimeSpan.Zero && settings.KeepAliveTimeout > TimeSpan.Zero;
        return common with
        {
            ReceiveBytesMax = (int)Math.Min(int.MaxValue, settings.RequestBytesMax + ReceiveBytesBeyondRequest),
            StreamsPerConnectionMax = settings.ConcurrentStreamsMax > 0 ? settings.ConcurrentStreamsMax : uint.MaxValue,
            ReportStreamBeyondMax = limits.Refusals.CountStream,
            KeepAliveInterval = pings ? settings.KeepAliveInterval : TimeSpan.Zero,
            KeepAliveTimeout = pings ? settings.KeepAliveTimeout : common.KeepAliveTimeout,
            ClientPingIntervalMin = settings.ClientPingIntervalMin,
            Admit = admission.Admit,
            TranslateException = limits.Refusals.ToStatus,
            Observer = metrics,
            UnaryReportedFrom = requestStats.ReportedFrom,
            ReportUnary = requestStats.Report,
        };
    }

    private static RpcServer Listening(RpcServer port, IReadOnlyList<Uri> urls, ITlsPolicy? tls)
    {
        // An address that is named twice is listened on once, as in etcd.
        var known = new HashSet<(bool IsSecure, string Address)>();
        foreach (Uri url in urls)
        {
            bool isSecure = url.Scheme is "https" or "unixs";
            foreach (EndPoint address in ListenAddresses.Of(url).Where(address => known.Add((isSecure, address.ToString()!))))
            {
                if (isSecure)
                {
                    port.ListenTls(address, tls ?? throw new InvalidOperationException($"no certificate for {url.OriginalString}"));
                }
                else
                {
                    port.ListenShared(address);
                }
            }
        }

        return port;
    }

    private IEnumerable<RpcServer> All() => new[] { _clients, _clientHttp, _metrics, _peers }.OfType<RpcServer>();
}
