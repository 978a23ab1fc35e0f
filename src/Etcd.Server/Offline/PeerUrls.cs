namespace Etcd.Server.Offline;

/// <summary>Peer URLs and initial clusters as they are written on a command line.</summary>
public static class PeerUrls
{
    /// <summary>Reads a comma-separated list of URLs.</summary>
    /// <returns>The URLs in ascending order.</returns>
    /// <exception cref="OfflineException">One is no URL of a host and a port.</exception>
    public static IReadOnlyList<string> Read(string text) => [.. text.Split(',').Select(Check).Order(StringComparer.Ordinal)];

    /// <summary>Reads <c>name=url,name=url</c>; a name that stands several times has several URLs.</summary>
    /// <returns>Sorted URLs by member name, in the order of names.</returns>
    /// <exception cref="OfflineException">A URL is none.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> ReadCluster(string text)
    {
        var members = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (string item in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = item.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? item : item[..equals];
            string url = Check(equals < 0 ? string.Empty : item[(equals + 1)..]);
            if (!members.TryGetValue(name, out List<string>? urls))
            {
                members.Add(name, urls = []);
            }

            urls.Add(url);
        }

        return members.ToDictionary(
            member => member.Key, member => (IReadOnlyList<string>)[.. member.Value.Order(StringComparer.Ordinal)], StringComparer.Ordinal);
    }

    private static string Check(string text)
    {
        string url = text.Trim();
        int scheme = url.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0 || url[..scheme] is not ("http" or "https" or "unix" or "unixs"))
        {
            throw new OfflineException($"URL scheme must be http, https, unix, or unixs: {url}");
        }

        if (url[..scheme] is "unix" or "unixs")
        {
            return url;
        }

        string address = url[(scheme + 3)..];
        int path = address.IndexOf('/', StringComparison.Ordinal);
        string authority = path < 0 ? address : address[..path];
        int colon = authority.LastIndexOf(':');
        if (colon < 0 || colon < authority.LastIndexOf(']'))
        {
            throw new OfflineException($"URL address does not have the form \"host:port\": {url}");
        }

        return path < 0 ? url : throw new OfflineException($"URL must not contain a path: {url}");
    }
}
