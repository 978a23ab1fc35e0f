namespace Etcdctl.Connection;

/// <summary>Peer URLs as flags name them.</summary>
internal static class PeerUrlArgument
{
    /// <summary>Reads URLs between commas and checks their form.</summary>
    /// <returns>The URLs in ascending order.</returns>
    /// <exception cref="CommandFailedException">One is no URL of a host and a port.</exception>
    public static IReadOnlyList<string> Read(string text)
    {
        List<string> urls = [.. text.Split(',').Select(url => url.Trim())];
        foreach (string url in urls)
        {
            if (Flaw(url) is { } flaw)
            {
                throw CommandFailedException.Because(ExitCode.Error, $"{flaw}: {url}");
            }
        }

        urls.Sort(StringComparer.Ordinal);
        return urls;
    }

    private static string? Flaw(string url)
    {
        int scheme = url.IndexOf("://", StringComparison.Ordinal);
        switch (scheme < 0 ? "" : url[..scheme])
        {
            case "unix" or "unixs":
                return null;
            case "http" or "https":
                string address = url[(scheme + 3)..];
                int path = address.IndexOf('/', StringComparison.Ordinal);
                string authority = path < 0 ? address : address[..path];
                int colon = authority.LastIndexOf(':');
                return colon < 0 || colon < authority.LastIndexOf(']') ? "URL address does not have the form \"host:port\""
                    : path >= 0 ? "URL must not contain a path"
                    : null;
            default:
                return "URL scheme must be http, https, unix, or unixs";
        }
    }
}
