using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Etcd.Proxy.Programs;

/// <summary>An address to listen on, as <c>--listen-addr</c> takes it: a host and a port. Without a host it is every address of the machine, of both
/// families.</summary>
internal static class ListenAddress
{
    /// <summary>Reads one.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    /// <exception cref="IOException">Its host is not known; in Go's words.</exception>
    internal static IPEndPoint Parse(string text) => Parse(text, Dns.GetHostAddresses);

    /// <summary>Reads one.</summary>
    /// <param name="text">Host and port.</param>
    /// <param name="addressesOf">The resolver of the system, or what a test puts in its place.</param>
    /// <inheritdoc cref="Parse(string)"/>
    internal static IPEndPoint Parse(string text, Func<string, IPAddress[]> addressesOf)
    {
        (string host, ushort port) = Split(text);
        if (host.Length == 0)
        {
            return new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port);
        }

        return new IPEndPoint(IPAddress.TryParse(host, out IPAddress? address) ? address : Resolve(host, addressesOf), port);
    }

    /// <summary>Reads the address of a server, which may be a name.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    internal static EndPoint ParseRemote(string text) => Etcd.Grpc.RpcAddress.Parse(text).EndPoint;

    private static (string Host, ushort Port) Split(string text)
    {
        int colon = text.LastIndexOf(':');
        return colon >= 0 && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            ? (text[..colon].Trim('[', ']'), port)
            : throw new FormatException($"address {text}: it must be a host and a port");
    }

    // As in Go: the first address of the older family, else the first.
    private static IPAddress Resolve(string host, Func<string, IPAddress[]> addressesOf)
    {
        try
        {
            IPAddress[] addresses = addressesOf(host);
            return Array.Find(addresses, address => address.AddressFamily == AddressFamily.InterNetwork)
                ?? (addresses.Length > 0 ? addresses[0] : throw new IOException(Unknown(host)));
        }
        catch (Exception failure) when (failure is SocketException or ArgumentException)
        {
            throw new IOException(Unknown(host), failure);
        }
    }

    private static string Unknown(string host) => $"listen tcp: lookup {host}: no such host";
}
