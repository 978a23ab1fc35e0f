namespace Etcd.Peer.Http;

/// <summary>The HTTP/1.1 connections of this member to all others: those of streams are used once, the rest are kept for the next request.</summary>
internal sealed class PeerHttp : IDisposable
{
    // A member closes a connection that is silent for five seconds; ours must be gone before that, or a request would meet the closing.
    private static readonly TimeSpan IdleConnectionTimeout = TimeSpan.FromSeconds(4.5);

    public PeerHttp(HttpPeerOptions options, TimeProvider time)
    {
        var dialer = new PeerDialer(options, time);
        Streams = Create(dialer, TimeSpan.Zero);
        Pooled = Create(dialer, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Connections that end with their request.</summary>
    public HttpMessageInvoker Streams { get; }

    /// <summary>Connections that are used again.</summary>
    public HttpMessageInvoker Pooled { get; }

    /// <summary>Reads a peer URL.</summary>
    /// <exception cref="PeerQueryException">The URL is none of a peer.</exception>
    public static Uri ParseUrl(string peerUrl) =>
        Uri.TryCreate(peerUrl, UriKind.Absolute, out Uri? url) && url.Scheme is ("http" or "https")
            ? url
            : throw new PeerQueryException(0, $"unsupported peer URL {peerUrl}");

    /// <summary>Makes a request to a peer URL.</summary>
    /// <exception cref="PeerQueryException">The URL is none of a peer.</exception>
    public static HttpRequestMessage Request(HttpMethod method, string peerUrl, string path)
    {
        Uri url = ParseUrl(peerUrl);
        var request = new HttpRequestMessage(method, new UriBuilder(Uri.UriSchemeHttp, url.Host, url.Port, path).Uri)
        {
            Version = System.Net.HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Options.Set(PeerDialer.UsesTls, url.Scheme == Uri.UriSchemeHttps);
        return request;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Streams.Dispose();
        Pooled.Dispose();
    }

    private static HttpMessageInvoker Create(PeerDialer dialer, TimeSpan lifetime) => new(new SocketsHttpHandler
    {
        ConnectCallback = dialer.ConnectAsync,
        PooledConnectionLifetime = lifetime,
        PooledConnectionIdleTimeout = IdleConnectionTimeout,
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        MaxResponseDrainSize = 0,
    });
}
