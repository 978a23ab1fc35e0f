using System.Net;

using Etcd.Api;
using Etcd.Api.Http;
using Etcd.Api.Metrics;
using Etcd.Disk.Linux;
using Etcd.Grpc.Server;
using Etcd.Hosting.Listeners;
using Etcd.Hosting.Settings;
using Etcd.Peer;
using Etcd.Server;

using Microsoft.Extensions.Logging;

namespace Etcd.Hosting;

/// <summary>A running member with its listeners: what the <c>etcd</c> program runs, and what a .NET program uses to embed one.</summary>
public sealed class MemberHost : IAsyncDisposable
{
    // A request may be as large as allowed and still have a header around it.
    private const long ReceiveBytesBeyondRequest = 512 * 1024;

    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(2);

    private readonly EtcdServer _server;
    private readonly RpcServer _clientPort;
    private readonly RpcServer _peerPort;
    private readonly HostLog _log;

    private MemberHost(EtcdServer server, RpcServer clientPort, RpcServer peerPort, HostLog log)
    {
        _server = server;
        _clientPort = clientPort;
        _peerPort = peerPort;
        _log = log;
    }

    /// <summary>The member.</summary>
    public EtcdServer Server => _server;

    /// <summary>Addresses clients can use, with real port numbers.</summary>
    public IReadOnlyList<EndPoint> ClientEndPoints => _clientPort.EndPoints;

    /// <summary>Starts a member and serves clients once its cluster takes writes.</summary>
    /// <param name="settings">Checked settings.</param>
    /// <param name="loggers">Where the member logs.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="Etcd.Server.Bootstrap.BootstrapException">The data directory cannot be used.</exception>
    /// <exception cref="IOException">A port cannot be bound.</exception>
    public static async Task<MemberHost> StartAsync(
        MemberSettings settings, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(loggers);
        var log = new HostLog(loggers.CreateLogger<MemberHost>());
        EtcdServer server = await EtcdServer.StartAsync(
            ServerOptionsMapping.From(settings), LinuxFileSystem.Instance, TimeProvider.System, loggers, LonePeerNetwork.Instance, cancellationToken);
        MemberHost? host = null;
        try
        {
            host = new MemberHost(server, ClientPort(settings, server, loggers), PeerPort(settings, server, loggers), log);
            await host.ListenAsync(settings, cancellationToken);
            return host;
        }
        catch
        {
            await (host?.DisposeAsync() ?? server.DisposeAsync());
            throw;
        }
    }

    /// <summary>Stops: hands leadership over, takes no new calls, lets those in progress finish, then stops the member.</summary>
    public async ValueTask DisposeAsync()
    {
        await _server.HandOverLeadershipAsync();
        using var drained = new CancellationTokenSource(DrainTimeout);
        await _clientPort.StopAsync(drained.Token);
        await _peerPort.StopAsync(drained.Token);
        await _server.DisposeAsync();
        await _clientPort.DisposeAsync();
        await _peerPort.DisposeAsync();
        _log.Closed(_server.Options.Name, _server.Options.DataDirectory);
    }

    private static RpcServer ClientPort(MemberSettings settings, EtcdServer server, ILoggerFactory loggers)
    {
        var table = new RpcServiceTable();
        EtcdServices.AddTo(table, server);
        bool pings = settings.KeepAliveInterval > TimeSpan.Zero && settings.KeepAliveTimeout > TimeSpan.Zero;
        var defaults = new RpcServerOptions();
        var rpcMetrics = new RpcMetrics(table);
        var metrics = new MetricsRegistry();
        rpcMetrics.AddTo(metrics);
        ServerMetrics.AddTo(metrics, server);
        ProcessMetrics.AddTo(metrics);
        RuntimeMetrics.AddTo(metrics);
        var port = new RpcServer(
            new RpcServerOptions
            {
                ReceiveBytesMax = (int)Math.Min(int.MaxValue, settings.RequestBytesMax + ReceiveBytesBeyondRequest),

                // In etcd no bound is 0, and pings are on only if both their times are.
                StreamsPerConnectionMax = settings.ConcurrentStreamsMax > 0 ? settings.ConcurrentStreamsMax : uint.MaxValue,
                KeepAliveInterval = pings ? settings.KeepAliveInterval : TimeSpan.Zero,
                KeepAliveTimeout = pings ? settings.KeepAliveTimeout : defaults.KeepAliveTimeout,
                TranslateException = ErrorTranslation.ToStatus,
                Observer = rpcMetrics,
            },
            table,
            new ClientHttpFace(server, metrics).HandleAsync,
            loggers);
        foreach (Uri url in settings.ListenClientUrls)
        {
            ListenAddresses.Of(url).ForEach(port.ListenShared);
        }

        return port;
    }

    private static RpcServer PeerPort(MemberSettings settings, EtcdServer server, ILoggerFactory loggers)
    {
        var port = new RpcServer(new RpcServerOptions(), new RpcServiceTable(), new PeerHttpFace(server).HandleAsync, loggers);
        foreach (Uri url in settings.ListenPeerUrls)
        {
            ListenAddresses.Of(url).ForEach(port.ListenShared);
        }

        return port;
    }

    private async Task ListenAsync(MemberSettings settings, CancellationToken cancellationToken)
    {
        await _peerPort.StartAsync(cancellationToken);
        foreach (Uri url in settings.ListenPeerUrls)
        {
            _log.ServingPeers(url.Authority);
        }

        // Clients are let in once their writes can succeed; a member whose fault ends it before that is not waited for.
        await Task.WhenAny(_server.Published, _server.Termination).WaitAsync(cancellationToken);
        if (_server.Termination.IsCompleted)
        {
            // The fault has been logged; a member that cannot serve must not say that it is ready to.
            return;
        }

        await _clientPort.StartAsync(cancellationToken);
        _log.Ready();
        foreach (Uri url in settings.ListenClientUrls)
        {
            _log.ServingClients("grpc+http", url.Authority);
        }
    }
}
