using System.Net;
using System.Net.Sockets;

namespace Etcd.Api.Limits;

/// <summary>What counts as one source of requests: an address of IPv4, or of IPv6 the network of 64 bits that one customer of a provider has at
/// least, and in which he chooses addresses as he likes.</summary>
internal static class SourceAddress
{
    private const int NetworkBytes = 8;

    /// <summary>The source an address belongs to.</summary>
    internal static IPAddress Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6 || address.IsIPv6LinkLocal || IPAddress.IsLoopback(address))
        {
            return address;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[NetworkBytes..].Clear();
        return new IPAddress(bytes);
    }

    /// <summary>Its name in tables and logs; empty for a local client without an address.</summary>
    internal static string NameOf(IPAddress? address)
    {
        if (address is null)
        {
            return string.Empty;
        }

        IPAddress source = Of(address);
        return source.AddressFamily == AddressFamily.InterNetworkV6 && !source.Equals(address) ? $"{source}/{NetworkBytes * 8}" : source.ToString();
    }
}
