using Etcd.Peer.Http;
using Etcd.Peer.Queries;

using Microsoft.Extensions.Logging;

namespace Etcd.Peer;

/// <summary>The network between members over HTTP/1.1.</summary>
public sealed class HttpPeerNetwork : IPeerNetwork, IDisposable
{
    private readonly HttpPeerOptions _options;
    private readonly TimeProvider _time;
    private readonly PeerHttp _http;
    private readonly PeerLog _log;
    private volatile HttpPeerTransport? _transport;

    /// <summary>Creates the network; nothing is connected yet.</summary>
    /// <param name="options">Version, bounds, time-outs, TLS.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where events are told.</param>
    public HttpPeerNetwork(HttpPeerOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(loggers);
        _options = options;
        _time = time;
        _http = new PeerHttp(options, time);
        _log = new PeerLog(loggers.CreateLogger<HttpPeerNetwork>());
        Queries = new HttpPeerQueries(_http);
    }

    /// <inheritdoc />
    public IPeerQueries Queries { get; }

    /// <summary>What the <c>/raft</c> paths of the peer port hand their requests to; <see langword="null"/> until the member has joined.</summary>
    public HttpPeerTransport? Transport => _transport;

    /// <inheritdoc />
    /// <exception cref="InvalidOperationException">It was joined before.</exception>
    public IPeerTransport Join(PeerIdentity self, IPeerReceiver receiver)
    {
        ArgumentNullException.ThrowIfNull(self);
        ArgumentNullException.ThrowIfNull(receiver);
        if (_transport is not null)
        {
            throw new InvalidOperationException("a network is joined once");
        }

        _transport = new HttpPeerTransport(self, receiver, _options, _time, _http, _log);
        return _transport;
    }

    /// <summary>Closes the connections. The transport must have been disposed before.</summary>
    public void Dispose() => _http.Dispose();
}
