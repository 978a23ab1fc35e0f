using System.Net;
using System.Net.Sockets;

namespace Etcd.Server.Bootstrap;

/// <summary>Whether two lists of URLs name the same places, as etcd compares them: as texts, and where these differ, by the addresses their
/// host names resolve to.</summary>
internal static class PeerUrlSets
{
    /// <summary>Compares two lists in any order.</summary>
    /// <returns><see langword="null"/> if they are equal, else what differs.</returns>
    internal static async Task<string?> DifferenceAsync(
        IReadOnlyList<string> left, IReadOnlyList<string> right, CancellationToken cancellationToken)
    {
        if (left.Count != right.Count)
        {
            return $"len([{Quoted(left)}]) != len([{Quoted(right)}])";
        }

        string? textual = Difference([.. left], [.. right]);
        return textual is null
            ? null
            : Difference(
                await ResolveAsync(left, cancellationToken).ConfigureAwait(false),
                await ResolveAsync(right, cancellationToken).ConfigureAwait(false));
    }

    private static string? Difference(List<string> left, List<string> right)
    {
        left.Sort(StringComparer.Ordinal);
        right.Sort(StringComparer.Ordinal);
        for (int i = 0; i < left.Count; i++)
        {
            if (left[i] != right[i])
            {
                return $"resolved urls: \"{left[i]}\" != \"{right[i]}\"";
            }
        }

        return null;
    }

    private static async Task<List<string>> ResolveAsync(IReadOnlyList<string> urls, CancellationToken cancellationToken)
    {
        var resolved = new List<string>();
        foreach (string url in urls)
        {
            resolved.Add(await ResolveAsync(url, cancellationToken).ConfigureAwait(false));
        }

        return resolved;
    }

    private static async Task<string> ResolveAsync(string url, CancellationToken cancellationToken)
    {
        // etcd takes localhost for a name that needs no resolving.
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? parsed) || parsed.HostNameType != UriHostNameType.Dns || parsed.Host == "localhost")
        {
            return url;
        }

        try
        {
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(parsed.Host, cancellationToken).ConfigureAwait(false);
            return addresses.Length == 0 ? url : new UriBuilder(parsed) { Host = addresses[0].ToString() }.Uri.GetLeftPart(UriPartial.Authority);
        }
        catch (SocketException)
        {
            // A name nobody knows is equal to itself alone.
            return url;
        }
    }

    private static string Quoted(IReadOnlyList<string> urls) => string.Join(' ', urls.Select(url => $"\"{url}\""));
}
