using System.Globalization;
using System.Net;

namespace Etcd.Proxy.Programs;

/// <summary>An address to listen on, as <c>--listen-addr</c> takes it: a host and a port.</summary>
internal static class ListenAddress
{
    /// <summary>Reads one.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    internal static IPEndPoint Parse(string text)
    {
        int colon = text.LastIndexOf(':');
        string host = colon < 0 ? text : text[..colon];
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            throw new FormatException($"address {text}: it must be a host and a port");
        }

        IPAddress address = host switch
        {
            "" => IPAddress.Any,
            "localhost" => IPAddress.Loopback,
            _ => IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? ip) ? ip : throw new FormatException($"address {text}: expected an IP address or localhost"),
        };
        return new IPEndPoint(address, port);
    }

    /// <summary>Reads the address of a server, which may be a name.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    internal static EndPoint ParseRemote(string text) => Etcd.Grpc.RpcAddress.Parse(text).EndPoint;
}
