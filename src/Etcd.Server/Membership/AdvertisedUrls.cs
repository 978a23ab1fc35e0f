namespace Etcd.Server.Membership;

/// <summary>URLs that a member advertises, as etcd reads them from a request.</summary>
internal static class AdvertisedUrls
{
    /// <summary>Reads a list of URLs: a scheme, a host with a port, and nothing after it.</summary>
    /// <param name="texts">The URLs as given.</param>
    /// <param name="urls">The URLs in ascending order.</param>
    /// <returns><see langword="false"/> when there are none or one is none.</returns>
    internal static bool TryRead(IEnumerable<string> texts, out IReadOnlyList<string> urls)
    {
        List<string> read = [.. texts.Select(text => text.Trim()).Order(StringComparer.Ordinal)];
        urls = read;
        return read.Count > 0 && read.TrueForAll(IsUrl);
    }

    private static bool IsUrl(string text)
    {
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0)
        {
            return false;
        }

        string address = text[(scheme + 3)..];
        return text[..scheme] switch
        {
            "unix" or "unixs" => address.Length > 0,
            "http" or "https" => IsHostAndPort(address) && Uri.TryCreate(text, UriKind.Absolute, out _),
            _ => false,
        };
    }

    private static bool IsHostAndPort(string address)
    {
        int colon = address.LastIndexOf(':');
        return colon >= 0 && colon > address.LastIndexOf(']') && !address.Contains('/', StringComparison.Ordinal);
    }
}
