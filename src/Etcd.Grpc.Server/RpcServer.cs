using System.Net;
using Etcd.Grpc.Server.Calls;
using Etcd.Grpc.Server.Http2;
using Etcd.Grpc.Server.Pings;
using Etcd.Grpc.Server.Ports;
using Etcd.Grpc.Server.Tls;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Etcd.Grpc.Server;

/// <summary>A server that answers RPCs, and plain HTTP beside them, on any number of ports.</summary>
/// <remarks>
/// It is Kestrel alone, without the web host around it, for HTTP/1.1 and TLS; RPCs in clear text are served by an HTTP/2 of its own
/// (<see cref="RpcServerOptions.ServesHttp2Itself"/>).
/// Configure listeners, then start once. On a shared cleartext port (<see cref="ListenShared"/>) HTTP/2 is always RPC and HTTP/1.1 never is, as in etcd. Under TLS
/// (<see cref="ListenTls"/>) HTTP/2 requests that are no RPCs reach the HTTP side too.
/// </remarks>
public sealed class RpcServer : IAsyncDisposable
{
    /// <summary>Name of the source of the spans of calls, for whoever listens. They take up the client's trace context.</summary>
    public const string ActivitySourceName = "Etcd.Grpc.Server";

    private readonly RpcServerOptions _options;
    private readonly KestrelServices _services;
    private readonly KestrelServer _kestrel;
    private readonly KestrelServerOptions _kestrelOptions;
    private readonly RpcApplication _application;
    private readonly ConnectionQuota _quota;
    private readonly ServerConnections _http2;
    private readonly SocketConnectionContextFactory _sockets;
    private readonly ILogger _logger;
    private readonly List<Func<EndPoint>> _endPoints = [];
    private readonly List<UndetectedConnections> _newcomers = [];

    /// <summary>Creates a server that does not listen yet.</summary>
    /// <param name="options">Limits and hooks.</param>
    /// <param name="table">The methods; no more are added after this.</param>
    /// <param name="http">Answers requests that are no RPCs; <see langword="null"/> answers them with 404.</param>
    /// <param name="loggerFactory">Where Kestrel and this layer log; <see langword="null"/>: nowhere.</param>
    public RpcServer(
        RpcServerOptions options, RpcServiceTable table, RequestDelegate? http = null, ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(table);

        loggerFactory ??= NullLoggerFactory.Instance;
        _options = options;
        _logger = loggerFactory.CreateLogger("Etcd.Grpc.Server");
        _services = new KestrelServices(options, loggerFactory);
        _kestrelOptions = KestrelSettings.Create(options, _services);
        _kestrel = new KestrelServer(Options.Create(_kestrelOptions), new SharedPortTransport(_services.Sockets), new KestrelLoggers(loggerFactory));
        var dispatch = new RpcDispatch(options, table, _logger);
        _application = new RpcApplication(dispatch, http, _services);
        _quota = new ConnectionQuota(options.ConnectionsMax);
        _http2 = new ServerConnections(dispatch, _quota);
        _sockets = new SocketConnectionContextFactory(new SocketConnectionFactoryOptions(), _logger);
    }

    /// <summary>Kestrel's own options, for what this class does not cover. Not to be changed after the start.</summary>
    public KestrelServerOptions Kestrel => _kestrelOptions;

    /// <summary>The endpoints listened on, in the order they were added; real ports once the server has started.</summary>
    public IReadOnlyList<EndPoint> EndPoints => [.. _endPoints.Select(endPoint => endPoint())];

    /// <summary>Request bytes that its own connections hold, and what Kestrel's hold of messages that are not whole.</summary>
    internal long RequestBytesHeld => _http2.RequestMemory.Reserved + _http2.Dispatch.Unfinished.Bytes;

    /// <summary>Listens in clear text for both HTTP/2 with prior knowledge (RPCs) and HTTP/1.1.</summary>
    /// <param name="endPoint">A TCP or Unix-domain address; port 0 takes a free one.</param>
    public void ListenShared(EndPoint endPoint)
    {
        var port = new SharedPort(endPoint, _options, _http2, _sockets, _logger);
        _kestrelOptions.Listen(new SharedPortEndPoint(port, SharedPortSide.Http1), listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            Count(listen);
        });
        _kestrelOptions.Listen(new SharedPortEndPoint(port, SharedPortSide.Http2), listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            Count(listen);
            PingGuard.Use(listen, _options);
        });
        _endPoints.Add(() => port.EndPoint);
    }

    /// <summary>Listens with TLS, for HTTP/2 and HTTP/1.1 as the client chooses (ALPN).</summary>
    /// <param name="endPoint">A TCP or Unix-domain address; port 0 takes a free one.</param>
    /// <param name="policy">Certificates, and whom to let in.</param>
    public void ListenTls(EndPoint endPoint, ITlsPolicy policy)
    {
        var newcomers = new UndetectedConnections(_options, _logger);
        _newcomers.Add(newcomers);
        var gate = new TlsGate(policy, newcomers);
        Listen(endPoint, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.Use(next => connection => gate.ServeAsync(connection, next));
        });
    }

    /// <summary>Listens with settings of the caller's own.</summary>
    /// <param name="endPoint">A TCP or Unix-domain address; port 0 takes a free one.</param>
    /// <param name="configure">Sets protocols and TLS (<c>UseHttps</c>). Without TLS one port speaks one protocol only.</param>
    public void Listen(EndPoint endPoint, Action<ListenOptions> configure)
    {
        ListenOptions? listening = null;
        _kestrelOptions.Listen(endPoint, listen =>
        {
            listening = listen;
            Count(listen);
            configure(listen);
            PingGuard.Use(listen, _options);
        });
        _endPoints.Add(() => listening?.EndPoint ?? endPoint);
    }

    /// <summary>Starts listening and serving.</summary>
    /// <exception cref="IOException">A port cannot be bound; for a shared one the text is Go's (<c>listen tcp 127.0.0.1:2379: bind: …</c>).</exception>
    public Task StartAsync(CancellationToken cancellationToken) => _kestrel.StartAsync(_application, cancellationToken);

    /// <summary>Stops listening, tells clients to go elsewhere, and waits for the calls in progress.</summary>
    /// <param name="cancellationToken">Ends the wait: what is still open then is cut off.</param>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        // Whoever has not asked for anything yet is not waited for.
        _newcomers.ForEach(newcomers => newcomers.Close());
        return Task.WhenAll(_kestrel.StopAsync(cancellationToken), _http2.StopAsync(cancellationToken));
    }

    /// <summary>Stops at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        await _http2.DisposeAsync().ConfigureAwait(false);
        _kestrel.Dispose();
        _sockets.Dispose();
        _services.Dispose();
    }

    private void Count(ListenOptions listen)
    {
        if (_options.ConnectionsMax is null)
        {
            return;
        }

        listen.Use(next => async connection =>
        {
            if (!_quota.TryEnter())
            {
                connection.Abort();
                return;
            }

            try
            {
                await next(connection).ConfigureAwait(false);
            }
            finally
            {
                _quota.Leave();
            }
        });
    }
}
