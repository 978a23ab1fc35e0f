using System.Security.Cryptography;
using System.Text;

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

    /// <summary>Makes a request to a peer URL.</summary>
    /// <exception cref="PeerQueryException">The URL is none of a peer.</exception>
    public static HttpRequestMessage Request(HttpMethod method, string peerUrl, string path)
    {
        Uri url = PeerUrl.Parse(peerUrl);
        string? file = PeerUrl.FileOf(url);

        // Connections are kept by host: each socket file needs one of its own.
        Uri target = file is null
            ? new UriBuilder(Uri.UriSchemeHttp, url.Host, url.Port, path).Uri
            : new UriBuilder(Uri.UriSchemeHttp, $"unix-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file)))[..32]}", 80, path).Uri;
        var request = new HttpRequestMessage(method, target)
        {
            Version = System.Net.HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Options.Set(PeerDialer.UsesTls, PeerUrl.IsSecure(url));
        if (file is not null)
        {
            request.Options.Set(PeerDialer.SocketFile, file);
        }

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
