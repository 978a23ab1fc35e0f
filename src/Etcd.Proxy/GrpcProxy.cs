using System.Net;

using Etcd.Api.Metrics;
using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Grpc.Server.Tls;
using Etcd.Hosting.Profiling;
using Etcd.Proxy.Clusters;
using Etcd.Proxy.Http;
using Etcd.Proxy.Keys;
using Etcd.Proxy.Kv;
using Etcd.Proxy.Leases;
using Etcd.Proxy.Leasing;
using Etcd.Proxy.Upstreams;
using Etcd.Proxy.Watching;

using Google.Protobuf;

using Microsoft.Extensions.Logging;

namespace Etcd.Proxy;

/// <summary>A running gRPC proxy: speaks to clients like a member and asks the cluster as little as it can.</summary>
internal sealed class GrpcProxy : IAsyncDisposable
{
    private const long RequestBytesBeyond = 512 * 1024;

    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(2);

    // As in etcd. Calls wait for it that another member could answer.
    private static readonly TimeSpan DialTimeout = TimeSpan.FromSeconds(5);

    private readonly GrpcProxyOptions _options;
    private readonly ProxyLog _log;
    private readonly Upstream _upstream;
    private readonly HttpClient _http;
    private readonly RpcServer _clients;
    private readonly RpcServer? _monitoring;
    private readonly ProfileEndpoint? _profiles;
    private readonly List<Func<CancellationToken, Task>> _background = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    internal GrpcProxy(GrpcProxyOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        _options = options;
        _log = new ProxyLog(loggers.CreateLogger<GrpcProxy>());
        _upstream = new Upstream(options.Endpoints, Connect);
        _http = new HttpClient(new SocketsHttpHandler { SslOptions = options.MemberTls?.Options ?? new() });
        if (options.MemberTls is { } memberTls)
        {
            _background.Add(stopping => memberTls.RunAsync(time, stopping));
        }

        var figures = new ProxyFigures();
        var cache = new RangeCache(time);
        RpcServiceTable table = Services(figures, cache, time);
        var calls = new RpcMetrics(table);
        var metrics = new MetricsRegistry();
        calls.AddTo(metrics);
        figures.AddTo(metrics, () => cache.Count);
        ProcessMetrics.AddTo(metrics);
        RuntimeMetrics.AddTo(metrics);
        _profiles = options.EnableProfiling ? new ProfileEndpoint() : null;
        var face = new ProxyHttpFace(_upstream, metrics, _http, _profiles is null ? null : _profiles.HandleAsync);
        _clients = new RpcServer(ServerOptions(calls), table, face.HandleAsync, loggers);
        Listen(_clients, options.Listen, options.ClientTls);
        if (options.ListenForMetrics is { } address)
        {
            var monitoringFace = new ProxyHttpFace(_upstream, metrics, _http, profiles: null);
            _monitoring = new RpcServer(new RpcServerOptions { ServesHttp2Itself = options.ServesHttp2Itself }, new RpcServiceTable(), monitoringFace.HandleAsync, loggers);
            Listen(_monitoring, address, options.MetricsTls);
        }
    }

    /// <summary>Where clients connect, with the real port number.</summary>
    internal EndPoint EndPoint => _clients.EndPoints[0];

    /// <summary>Begins to serve.</summary>
    /// <exception cref="IOException">A port cannot be bound.</exception>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        await _clients.StartAsync(cancellationToken).ConfigureAwait(false);
        _log.Listening(EndPoint.ToString()!);
        if (_monitoring is not null)
        {
            await _monitoring.StartAsync(cancellationToken).ConfigureAwait(false);
            _log.ListeningForMetrics(_monitoring.EndPoints[0].ToString()!);
        }

        _running = Task.WhenAll(_background.Select(work => work(_stop.Token)));
        _log.Started(EndPoint.ToString()!, _options.Endpoints);
    }

    /// <summary>Stops: no new calls, what is in progress may finish for a moment.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        using var drained = new CancellationTokenSource(DrainTimeout);
        await _clients.StopAsync(drained.Token).ConfigureAwait(false);
        await _clients.DisposeAsync().ConfigureAwait(false);
        if (_monitoring is not null)
        {
            await _monitoring.DisposeAsync().ConfigureAwait(false);
        }

        await _upstream.DisposeAsync().ConfigureAwait(false);
        _http.Dispose();
        _profiles?.Dispose();
        _stop.Dispose();
    }

    private RpcServiceTable Services(ProxyFigures figures, RangeCache cache, TimeProvider time)
    {
        var table = new RpcServiceTable();
        var keys = new KeyNamespace(ByteString.CopyFromUtf8(_options.KeyNamespace));
        var names = new NamespacedMessages(keys);
        var relay = new Relay(table, _upstream);
        SerializableOrder? order = _options.OrderSerializableReads ? new SerializableOrder() : null;
        ProxyRegistry? registry = null;
        if (_options.ResolverPrefix.Length > 0)
        {
            var own = new ProxyRecord(_options.AdvertisedAddress, Environment.MachineName);
            registry = new ProxyRegistry(_upstream, keys, _options.ResolverPrefix, own, _options.ResolverTimeToLive, _log, time);
            _background.Add(registry.RunAsync);
        }

        if (_options.EndpointSyncInterval > TimeSpan.Zero)
        {
            _background.Add(new EndpointSync(_upstream, _options.EndpointSyncInterval, _log, time).RunAsync);
        }

        new KvRelay(_upstream, names, cache, order, Leasing(names, time), figures, time).AddTo(table);
        new WatchRelay(_upstream, new WatchCoalescing(_upstream, names, figures, time), names).AddTo(table);
        new LeaseRelay(_upstream, names).AddTo(table, relay);
        new ClusterRelay(_options.AdvertisedAddress, registry).AddTo(table, relay);
        PlainRelays.AddTo(relay, names);
        return table;
    }

    private LeasingKv? Leasing(NamespacedMessages names, TimeProvider time)
    {
        if (_options.LeasingPrefix.Length == 0)
        {
            return null;
        }

        var cluster = new LeasingCluster(_upstream, _options.KeyNamespace, _options.LeasingPrefix, time);
        var sessions = new LeasingSessions(_upstream, cluster, _log, time);
        _background.Add(sessions.RunAsync);
        return new LeasingKv(cluster, new OwnedReads(sessions, cluster, names), new GuardedWrites(sessions, cluster));
    }

    private static void Listen(RpcServer port, EndPoint address, ITlsPolicy? tls)
    {
        if (tls is not null)
        {
            port.ListenTls(address, tls);
        }
        else
        {
            port.ListenShared(address);
        }
    }

    private RpcServerOptions ServerOptions(RpcMetrics calls) => new()
    {
        // What the cluster would not be sent need not be taken into memory; a little more, so that the refusal is the usual one.
        ReceiveBytesMax = (int)Math.Min(int.MaxValue, _options.SendBytesMax + RequestBytesBeyond),
        StreamsPerConnectionMax = _options.StreamsPerConnectionMax,
        KeepAliveInterval = _options.ClientKeepAliveInterval,
        KeepAliveTimeout = _options.ClientKeepAliveTimeout,
        ClientPingIntervalMin = _options.ClientPingIntervalMin,
        ServesHttp2Itself = _options.ServesHttp2Itself,

        // What the cluster says goes to the client as it is.
        TranslateException = (_, failure) => failure as RpcException,
        Observer = calls,
    };

    private RpcChannel Connect(string endpoint)
    {
        RpcAddress address = RpcAddress.Parse(endpoint);
        if (_options.MemberTls is not null && !endpoint.Contains("://", StringComparison.Ordinal))
        {
            address = address with { IsTls = true };
        }

        return new RpcChannel(address, new RpcChannelOptions
        {
            Tls = _options.MemberTls?.Options,
            ConnectTimeout = DialTimeout,
            KeepAliveInterval = _options.DialKeepAliveInterval > TimeSpan.Zero ? _options.DialKeepAliveInterval : null,
            KeepAliveTimeout = _options.DialKeepAliveTimeout,
            KeepAliveWithoutCalls = _options.KeepAliveWithoutCalls,
            SendBytesMax = _options.SendBytesMax,
            ReceiveBytesMax = _options.ReceiveBytesMax,
        });
    }
}
