using System.Net;
using System.Net.Sockets;

namespace Etcd.Hosting.Listeners;

/// <summary>Turns listen URLs into addresses to bind.</summary>
internal static class ListenAddresses
{
    /// <summary>The addresses a URL stands for; <c>localhost</c> is both loopback addresses where the machine has both.</summary>
    internal static List<EndPoint> Of(Uri url)
    {
        if (url.Scheme is "unix" or "unixs")
        {
            return [new UnixDomainSocketEndPoint(SocketPath(url))];
        }

        if (url.Host != "localhost")
        {
            return [new IPEndPoint(IPAddress.Parse(url.Host.Trim('[', ']')), url.Port)];
        }

        var addresses = new List<EndPoint> { new IPEndPoint(IPAddress.Loopback, url.Port) };
        if (Socket.OSSupportsIPv6 && HasIPv6Loopback())
        {
            addresses.Add(new IPEndPoint(IPAddress.IPv6Loopback, url.Port));
        }

        return addresses;
    }

    /// <summary>The file of a Unix-domain socket: what stands behind the scheme, host and path in one, as in etcd.</summary>
    internal static string SocketPath(Uri url) => url.OriginalString[(url.OriginalString.IndexOf("://", StringComparison.Ordinal) + 3)..];

    private static bool HasIPv6Loopback()
    {
        try
        {
            using var probe = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
            return true;
        }
        catch (SocketException)
        {
            // The machine has IPv6 compiled in but not configured.
            return false;
        }
    }
}
