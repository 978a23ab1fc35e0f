using System.Net;
using System.Net.Security;

using Etcd.Api.Metrics;
using Etcd.Disk.Linux;
using Etcd.Hosting.Discovery;
using Etcd.Hosting.Limits;
using Etcd.Hosting.Listeners;
using Etcd.Hosting.Settings;
using Etcd.Hosting.Tls;
using Etcd.Hosting.Tracing;
using Etcd.Peer;
using Etcd.Server;

using Microsoft.Extensions.Logging;

using OpenTelemetry.Trace;

namespace Etcd.Hosting;

/// <summary>A running member with its listeners: what the <c>etcd</c> program runs, and what a .NET program uses to embed one.</summary>
public sealed class MemberHost : IAsyncDisposable
{
    /// <summary>How long calls in progress may take to finish when the member stops.</summary>
    internal static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(2);

    private readonly EtcdServer _server;
    private readonly HttpPeerNetwork _network;
    private readonly MemberPorts _ports;
    private readonly TracerProvider? _traces;
    private readonly HostLog _log;
    private LimitsFile? _limits;

    private MemberHost(EtcdServer server, HttpPeerNetwork network, MemberPorts ports, TracerProvider? traces, HostLog log)
    {
        _traces = traces;
        _server = server;
        _network = network;
        _ports = ports;
        _log = log;
    }

    /// <summary>The member.</summary>
    public EtcdServer Server => _server;

    /// <summary>What the member shows to monitoring.</summary>
    public MetricsRegistry Metrics => _ports.Metrics;

    /// <summary>Addresses clients can use, with real port numbers.</summary>
    public IReadOnlyList<EndPoint> ClientEndPoints => _ports.ClientEndPoints;

    /// <summary>Starts a member and serves clients once its cluster takes writes.</summary>
    /// <param name="settings">Checked settings.</param>
    /// <param name="loggers">Where the member logs.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="Etcd.Server.Bootstrap.BootstrapException">The data directory cannot be used, or the members of the cluster cannot be found.</exception>
    /// <exception cref="IOException">A port cannot be bound.</exception>
    /// <exception cref="SettingsException">A file of TLS cannot be used.</exception>
    public static async Task<MemberHost> StartAsync(
        MemberSettings settings, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(loggers);
        var log = new HostLog(loggers.CreateLogger<MemberHost>());
        LinuxFileSystem disk = LinuxFileSystem.Instance;
        ServerOptions options = await InitialClusterDiscovery.CompleteAsync(
            ServerOptionsMapping.From(settings), settings, disk, loggers, cancellationToken);
        var tls = MemberTls.Create(settings, loggers);
        var network = new HttpPeerNetwork(PeerOptions(settings, tls.Dialer) with { LocalAddress = MemberLocalAddress.Of(settings, log) }, TimeProvider.System, loggers);
        EtcdServer? server = null;
        MemberHost? host = null;
        TracerProvider? traces = TraceExport.Start(settings);
        try
        {
            server = await EtcdServer.StartAsync(
                options, disk, TimeProvider.System, loggers, network, cancellationToken);
            host = new MemberHost(server, network, new MemberPorts(settings, server, network.Transport!, tls, loggers), traces, log);
            await host.LimitAsync(settings, loggers, cancellationToken);
            await host.ListenAsync(settings, cancellationToken);
            return host;
        }
        catch
        {
            await (host?.DisposeAsync() ?? server?.DisposeAsync() ?? ValueTask.CompletedTask);
            network.Dispose();
            traces?.Dispose();
            throw;
        }
    }

    /// <summary>Stops: hands leadership over, ends streams, takes no new calls, lets those in progress finish, then stops the member.</summary>
    public async ValueTask DisposeAsync()
    {
        await (_limits?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _server.HandOverLeadershipAsync();
        using var drained = new CancellationTokenSource(DrainTimeout);
        _server.EndStreams();
        await _ports.StopClientsAsync(drained.Token);
        await _server.DisposeAsync();
        await _ports.StopPeersAsync(drained.Token);
        await _ports.DisposeAsync();
        _network.Dispose();
        _traces?.Dispose();
        _log.Closed(_server.Options.Name, _server.Options.DataDirectory);
    }

    internal static HttpPeerOptions PeerOptions(MemberSettings settings, Func<SslClientAuthenticationOptions>? dialer) => new()
    {
        ServerVersion = EtcdVersion.Compatibility,
        ElectionTimeout = settings.ElectionTimeout,
        IdleTimeout = settings.PeerReadTimeout,
        WriteTimeout = settings.PeerWriteTimeout,
        TlsOptions = dialer,
    };

    // Before clients are let in.
    private async Task LimitAsync(MemberSettings settings, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        if (settings.LimitsFile.Length > 0)
        {
            _limits = await LimitsFile.StartAsync(settings.LimitsFile, _ports.Rates, _server.Quotas, _server.Time, loggers, cancellationToken);
        }
    }

    private async Task ListenAsync(MemberSettings settings, CancellationToken cancellationToken)
    {
        await _ports.StartPeersAsync(cancellationToken);
        foreach (Uri url in settings.ListenPeerUrls)
        {
            _log.ServingPeers(AddressOf(url));
        }

        // Clients are let in once their writes can succeed; a member whose fault ends it before that is not waited for.
        await Task.WhenAny(_server.Published, _server.Termination).WaitAsync(cancellationToken);
        if (_server.Termination.IsCompleted)
        {
            // The fault has been logged; a member that cannot serve must not say that it is ready to.
            return;
        }

        await _ports.StartClientsAsync(cancellationToken);
        _log.Ready();
        foreach (Uri url in settings.ListenClientUrls)
        {
            if (url.Scheme is "https" or "unixs")
            {
                _log.ServingClientsSecurely("grpc+http", AddressOf(url));
            }
            else
            {
                _log.ServingClients("grpc+http", AddressOf(url));
            }
        }
    }

    private static string AddressOf(Uri url) => url.Scheme is "unix" or "unixs" ? ListenAddresses.SocketPath(url) : url.Authority;
}
