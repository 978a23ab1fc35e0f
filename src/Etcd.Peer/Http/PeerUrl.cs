namespace Etcd.Peer.Http;

/// <summary>Reads peer URLs: <c>http</c> and <c>https</c> for a port, <c>unix</c> and <c>unixs</c> for the file of a Unix-domain socket.</summary>
internal static class PeerUrl
{
    private const string Local = "localhost";

    /// <summary>Reads a URL.</summary>
    /// <exception cref="PeerQueryException">The URL is none of a peer.</exception>
    public static Uri Parse(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" or "unix" or "unixs"
            ? url
            : throw new PeerQueryException(0, $"unsupported peer URL {text}");

    /// <summary>Whether its connections are TLS.</summary>
    public static bool IsSecure(Uri url) => url.Scheme is "https" or "unixs";

    /// <summary>The socket's file: what stands behind the scheme, host and path in one, as in etcd; <see langword="null"/> for a port.</summary>
    public static string? FileOf(Uri url) => url.Scheme is "unix" or "unixs"
        ? url.OriginalString[(url.OriginalString.IndexOf("://", StringComparison.Ordinal) + 3)..]
        : null;

    /// <summary>The name the other side's certificate must carry.</summary>
    public static string HostOf(Uri url) => FileOf(url) is null ? url.IdnHost : Local;

    /// <summary>What the head of a request names as its target.</summary>
    public static string AuthorityOf(Uri url) => FileOf(url) is null ? url.Authority : Local;
}
