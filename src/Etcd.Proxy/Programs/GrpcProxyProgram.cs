using System.CommandLine;

using Etcd.Grpc.Server.Tls;

using Microsoft.Extensions.Logging;

namespace Etcd.Proxy.Programs;

/// <summary><c>etcd grpc-proxy start</c>.</summary>
internal static class GrpcProxyProgram
{
    private static readonly Option<string> Listen = FlagValues.Text("listen-addr", "127.0.0.1:23790", "listen address");
    private static readonly Option<string> Metrics = FlagValues.Text("metrics-addr", "", "listen for endpoint /metrics requests on an additional interface");

    private static readonly Option<TimeSpan> EndpointSync =
        FlagValues.Duration("endpoints-auto-sync-interval", "0s", "how often the cluster is asked where its members are; 0 never asks");

    private static readonly Option<string> Advertised =
        FlagValues.Text("advertise-client-url", "127.0.0.1:23790", "advertise address to register (must be reachable by client)");

    private static readonly Option<string> ResolverPrefix =
        FlagValues.Text("resolver-prefix", "", "prefix to use for registering proxy (must be shared with other grpc-proxy members)");

    private static readonly Option<long> ResolverTtl =
        FlagValues.Number("resolver-ttl", 0L, "specify TTL, in seconds, when registering proxy endpoints");

    private static readonly Option<string> Namespace =
        FlagValues.Text("namespace", "", "string to prefix to all keys for namespacing requests");

    private static readonly Option<string> LeasingPrefix =
        FlagValues.Text("experimental-leasing-prefix", "", "leasing metadata prefix for disconnected linearized reads.");

    private static readonly Option<bool> Ordering = FlagValues.Switch(
        "experimental-serializable-ordering", "Ensure serializable reads have monotonically increasing store revisions across endpoints.");

    private static readonly Option<long> SendBytes =
        FlagValues.Number("max-send-bytes", 1536L * 1024, "message send limits in bytes (default value is 1.5 MiB)");

    private static readonly Option<long> ReceiveBytes =
        FlagValues.Number("max-recv-bytes", (long)int.MaxValue, "message receive limits in bytes (default value is math.MaxInt32)");

    private static readonly Option<TimeSpan> DialKeepAlive =
        FlagValues.Duration("dial-keepalive-time", "10s", "keepalive time for client(grpc-proxy) connections; 0 disables it");

    private static readonly Option<TimeSpan> DialKeepAliveTimeout =
        FlagValues.Duration("dial-keepalive-timeout", "20s", "keepalive timeout for client(grpc-proxy) connections");

    private static readonly Option<bool> PermitWithoutStream = FlagValues.Switch(
        "permit-without-stream", "Enable client(grpc-proxy) to send keepalive pings even with no active RPCs.");

    private static readonly Option<TimeSpan> PingMin = FlagValues.Duration(
        "grpc-keepalive-min-time", "5s", "Minimum interval duration that a client should wait before pinging proxy.");

    private static readonly Option<TimeSpan> KeepAlive = FlagValues.Duration(
        "grpc-keepalive-interval", "2h0m0s", "Frequency duration of server-to-client ping to check if a connection is alive (0 to disable).");

    private static readonly Option<TimeSpan> KeepAliveTimeout = FlagValues.Duration(
        "grpc-keepalive-timeout", "20s", "Additional duration of wait before closing a non-responsive connection (0 to disable).");

    private static readonly Option<uint> Streams = FlagValues.Number(
        "max-concurrent-streams", uint.MaxValue, "Maximum concurrent streams that each client can open at a time.");

    private static readonly Option<bool> OwnHttp2 = FlagValues.SwitchOff(
        "experimental-own-http2", "Serve calls in clear text by an HTTP/2 of this program's own; false has Kestrel serve them.");

    private static readonly Option<bool> Profiling = FlagValues.Switch(
        "enable-pprof", "Serve profiles for .NET's tools below /debug/pprof/ of the client address.");

    private static readonly Option<bool> Debug = FlagValues.Switch("debug", "Enable debug-level logging for grpc-proxy.");

    internal static Command Create()
    {
        var start = new Command("start", "start the grpc proxy")
        {
            Listen, Metrics, EndpointSync, Advertised, ResolverPrefix, ResolverTtl, Namespace, LeasingPrefix, Ordering, SendBytes, ReceiveBytes,
            DialKeepAlive, DialKeepAliveTimeout, PermitWithoutStream, PingMin, KeepAlive, KeepAliveTimeout, Streams, OwnHttp2, Profiling, Debug,
        };
        EndpointFlags.AddTo(start);
        MemberTlsFlags.AddTo(start);
        ClientTlsFlags.AddTo(start);
        start.SetAction((parsed, _) => CommandRun.UntilStoppedAsync(
            parsed.GetValue(Debug), (loggers, cancellationToken) => StartAsync(parsed, loggers, cancellationToken)));
        return new Command("grpc-proxy", "grpc-proxy related command") { start };
    }

    private static async Task<IAsyncDisposable> StartAsync(ParseResult parsed, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        // Who answers there is verified with each connection.
        IReadOnlyList<string> endpoints = await EndpointFlags
            .FindAsync(parsed, authorities: string.Empty, loggers, cancellationToken)
            .ConfigureAwait(false);
        var proxy = new GrpcProxy(OptionsOf(parsed, endpoints, loggers), loggers, TimeProvider.System);
        try
        {
            await proxy.StartAsync(cancellationToken).ConfigureAwait(false);
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static GrpcProxyOptions OptionsOf(ParseResult parsed, IReadOnlyList<string> endpoints, ILoggerFactory loggers)
    {
        string prefix = parsed.GetRequiredValue(ResolverPrefix);
        long timeToLive = parsed.GetValue(ResolverTtl);
        if (prefix.Length > 0 && timeToLive < 1)
        {
            throw new FormatException($"invalid resolver-ttl {timeToLive}");
        }

        if (prefix.Length > 0 && parsed.GetRequiredValue(Advertised).Length == 0)
        {
            throw new FormatException($"invalid advertise-client-url \"{parsed.GetRequiredValue(Advertised)}\"");
        }

        ITlsPolicy? clientTls = ClientTlsFlags.Read(parsed, parsed.GetRequiredValue(Listen), loggers);
        MetricsAddress? metrics = MetricsAddress.Parse(parsed.GetRequiredValue(Metrics), clientTls);
        return new GrpcProxyOptions
        {
            Listen = ListenAddress.Parse(parsed.GetRequiredValue(Listen)),
            ListenForMetrics = metrics?.EndPoint,
            MetricsTls = metrics?.Tls,
            Endpoints = endpoints,
            EndpointSyncInterval = parsed.GetValue(EndpointSync),
            AdvertisedAddress = parsed.GetRequiredValue(Advertised),
            ResolverPrefix = prefix,
            ResolverTimeToLive = TimeSpan.FromSeconds(timeToLive),
            KeyNamespace = parsed.GetRequiredValue(Namespace),
            LeasingPrefix = parsed.GetRequiredValue(LeasingPrefix),
            OrderSerializableReads = parsed.GetValue(Ordering),
            MemberTls = MemberTlsFlags.Read(parsed, loggers),
            ClientTls = clientTls,
            SendBytesMax = Bytes(parsed.GetValue(SendBytes)),
            ReceiveBytesMax = Bytes(parsed.GetValue(ReceiveBytes)),
            DialKeepAliveInterval = parsed.GetValue(DialKeepAlive),
            DialKeepAliveTimeout = parsed.GetValue(DialKeepAliveTimeout),
            KeepAliveWithoutCalls = parsed.GetValue(PermitWithoutStream),
            ClientPingIntervalMin = parsed.GetValue(PingMin),
            ClientKeepAliveInterval = parsed.GetValue(KeepAlive),
            ClientKeepAliveTimeout = parsed.GetValue(KeepAliveTimeout),
            StreamsPerConnectionMax = parsed.GetValue(Streams),
            ServesHttp2Itself = parsed.GetValue(OwnHttp2),
            EnableProfiling = parsed.GetValue(Profiling),
        };
    }

    private static int Bytes(long bytes) => (int)Math.Clamp(bytes, 1, int.MaxValue);
}
