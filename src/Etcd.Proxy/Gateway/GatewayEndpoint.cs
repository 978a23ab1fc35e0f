using System.Net;

namespace Etcd.Proxy.Gateway;

/// <summary>A member behind the gateway.</summary>
internal sealed class GatewayEndpoint(EndPoint address)
{
    /// <summary>Where it is.</summary>
    internal EndPoint Address => address;

    /// <summary>When it may be tried again; <see langword="null"/> while it is in use.</summary>
    internal DateTimeOffset? AwayUntil { get; set; }

    /// <summary>Host and port.</summary>
    public override string ToString() => address is DnsEndPoint name ? $"{name.Host}:{name.Port}" : address.ToString()!;
}
