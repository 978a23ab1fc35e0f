using System.Buffers;

namespace Etcd.Server.Offline;

/// <summary>Peer URLs and initial clusters as they are written on a command line.</summary>
public static class PeerUrls
{
    // Names in other scripts are let through, as Go does.
    private static readonly SearchValues<char> HostLetters = SearchValues.Create(
    [
        .. "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~!$&'()*+,;=:[]<>\"",
        .. Enumerable.Range(0x80, char.MaxValue - 0x7F).Select(letter => (char)letter),
    ]);

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
        string given = text.Trim();
        int schemeEnd = given.IndexOf("://", StringComparison.Ordinal);
        string scheme = schemeEnd < 0 ? string.Empty : given[..schemeEnd].ToLowerInvariant();
        if (scheme is not ("http" or "https" or "unix" or "unixs"))
        {
            throw new OfflineException($"URL scheme must be http, https, unix, or unixs: {given}");
        }

        string url = scheme + given[schemeEnd..];
        if (scheme is "unix" or "unixs")
        {
            return url;
        }

        string address = given[(schemeEnd + 3)..];
        int end = address.IndexOfAny(['/', '?', '#']);
        string authority = end < 0 ? address : address[..end];
        string host = authority[(authority.LastIndexOf('@') + 1)..];
        int portAt = host.LastIndexOf(':') is var colon && colon > host.LastIndexOf(']') ? colon : -1;
        if (HostFault(host, portAt) is { } fault)
        {
            throw new OfflineException($"parse \"{given}\": {fault}");
        }

        bool isPlain = portAt >= 0 && (host[0] == '[' || host.IndexOf(':', StringComparison.Ordinal) == portAt);
        if (!isPlain)
        {
            throw new OfflineException($"URL address does not have the form \"host:port\": {given}");
        }

        return end < 0 || address[end] != '/' ? url : throw new OfflineException($"URL must not contain a path: {given}");
    }

    /// <summary>What Go's library finds wrong with the host of a URL; <see langword="null"/> for nothing.</summary>
    private static string? HostFault(string host, int portAt)
    {
        if (portAt >= 0 && host.AsSpan(portAt + 1).ContainsAnyExceptInRange('0', '9'))
        {
            return $"invalid port \"{host[portAt..]}\" after host";
        }

        for (int at = 0; at < host.Length; at++)
        {
            int wrong = host.AsSpan(at).IndexOfAnyExcept(HostLetters);
            if (wrong < 0)
            {
                return null;
            }

            at += wrong;
            if (host[at] != '%')
            {
                return $"invalid character \"{host[at]}\" in host name";
            }

            string escape = host.Substring(at, Math.Min(3, host.Length - at));
            if (!IsHostEscape(escape))
            {
                return $"invalid URL escape \"{escape}\"";
            }

            at += escape.Length - 1;
        }

        return null;
    }

    /// <summary>Of a host, bytes outside of ASCII are escaped, and the percent sign itself: <c>[fe80::1%25eth0]</c> names the link (RFC 6874).</summary>
    private static bool IsHostEscape(string escape) =>
        escape.Length == 3 && char.IsAsciiHexDigit(escape[1]) && char.IsAsciiHexDigit(escape[2]) && (escape == "%25" || escape[1] >= '8');
}
