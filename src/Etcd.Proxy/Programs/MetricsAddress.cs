using System.Net;

using Etcd.Grpc.Server.Tls;

namespace Etcd.Proxy.Programs;

/// <summary>The address of <c>--metrics-addr</c>: a URL whose scheme says whether the port speaks TLS, whatever the port for clients does.</summary>
/// <param name="EndPoint">Where to listen.</param>
/// <param name="Tls">TLS of the port; <see langword="null"/> for clear text.</param>
internal sealed record MetricsAddress(IPEndPoint EndPoint, ITlsPolicy? Tls)
{
    /// <summary>Reads the flag.</summary>
    /// <param name="text">Its value.</param>
    /// <param name="clientTls">TLS of the port for clients, whose certificate this one shows; <see langword="null"/> without certificate.</param>
    /// <returns><see langword="null"/> for an empty value: there is no such port.</returns>
    /// <exception cref="FormatException">It is no URL of scheme http or https, or there is no certificate for https; the latter in etcd's words.</exception>
    /// <exception cref="IOException">Its host is not known.</exception>
    internal static MetricsAddress? Parse(string text, ITlsPolicy? clientTls)
    {
        if (text.Length == 0)
        {
            return null;
        }

        string[] parts = text.Split("://", 2);
        if (parts is not ["http" or "https", _])
        {
            throw new FormatException($"metrics-addr {text}: it must begin with http:// or https://");
        }

        string host = parts[1].Split('/', 2)[0];
        IPEndPoint address = ListenAddress.Parse(host);
        if (parts[0] == "http")
        {
            return new MetricsAddress(address, Tls: null);
        }

        return clientTls is null
            ? throw new FormatException($"cannot listen on TLS for {host}: KeyFile and CertFile are not presented")
            : new MetricsAddress(address, clientTls);
    }
}
