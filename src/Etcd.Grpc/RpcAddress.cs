using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Etcd.Grpc;

/// <summary>Where a server is: an endpoint, whether it speaks TLS, and the name it goes by.</summary>
/// <param name="EndPoint">A <see cref="DnsEndPoint"/>, <see cref="IPEndPoint"/> or <see cref="UnixDomainSocketEndPoint"/>.</param>
/// <param name="IsTls">Whether to speak TLS.</param>
/// <param name="Authority">Host and port as the <c>:authority</c> header carries them.</param>
/// <param name="Host">Name that the server's certificate must carry.</param>
public sealed record RpcAddress(EndPoint EndPoint, bool IsTls, string Authority, string Host)
{
    /// <summary>Reads an address as etcd's flags and clients write it.</summary>
    /// <param name="text"><c>http://host:port</c>, <c>https://host:port</c>, <c>unix://path</c>, <c>unixs://path</c>, or <c>host:port</c>
    /// without TLS.</param>
    /// <exception cref="FormatException">The text is no such address.</exception>
    public static RpcAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        (string scheme, string rest) = text.IndexOf("://", StringComparison.Ordinal) is >= 0 and int colon
            ? (text[..colon], text[(colon + 3)..])
            : ("http", text);
        return scheme switch
        {
            "http" or "https" => Tcp(text, rest, scheme == "https"),
            "unix" or "unixs" when rest.Length > 0 => new(new UnixDomainSocketEndPoint(rest), scheme == "unixs", "localhost", "localhost"),
            _ => throw new FormatException($"'{text}' is no address: expected http://, https://, unix:// or unixs://"),
        };
    }

    private static RpcAddress Tcp(string text, string rest, bool isTls)
    {
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        string authority = slash < 0 ? rest : rest[..slash];
        int colon = authority.LastIndexOf(':');
        bool hasPort = colon > authority.LastIndexOf(']');
        int port = isTls ? 443 : 80;
        if (hasPort && !int.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port))
        {
            throw new FormatException($"'{text}' has no valid port");
        }

        string host = (hasPort ? authority[..colon] : authority).Trim('[', ']');
        if (host.Length == 0 || port is < 0 or > 65_535)
        {
            throw new FormatException($"'{text}' is no address: it has no host or no valid port");
        }

        EndPoint endPoint = TryParseAddress(host, out IPAddress? ip) ? new IPEndPoint(ip, port) : new DnsEndPoint(host, port);
        return new RpcAddress(endPoint, isTls, authority, host);
    }

    private static bool TryParseAddress(string host, [NotNullWhen(true)] out IPAddress? address)
    {
        // Four decimal numbers are read by hand: the general parser costs a command-line tool a millisecond at its start.
        Span<byte> bytes = stackalloc byte[4];
        int count = 0;
        int value = -1;
        foreach (char c in host)
        {
            if (char.IsAsciiDigit(c) && value is -1 or (> 0 and <= 25))
            {
                value = (Math.Max(value, 0) * 10) + (c - '0');
            }
            else if (c == '.' && value is >= 0 and <= 255 && count < 3)
            {
                bytes[count++] = (byte)value;
                value = -1;
            }
            else
            {
                return IPAddress.TryParse(host, out address);
            }
        }

        if (count != 3 || value is < 0 or > 255)
        {
            return IPAddress.TryParse(host, out address);
        }

        bytes[3] = (byte)value;
        address = new IPAddress(bytes);
        return true;
    }
}
