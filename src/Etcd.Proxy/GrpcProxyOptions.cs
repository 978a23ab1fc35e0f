using System.Net;

using Etcd.Grpc.Server.Tls;

namespace Etcd.Proxy;

/// <summary>What a gRPC proxy does.</summary>
internal sealed record GrpcProxyOptions
{
    /// <summary>Where clients connect.</summary>
    public required EndPoint Listen { get; init; }

    /// <summary>Where monitoring connects beside that; <see langword="null"/> for nowhere.</summary>
    public EndPoint? ListenForMetrics { get; init; }

    /// <summary>The members' client addresses.</summary>
    public required IReadOnlyList<string> Endpoints { get; init; }

    /// <summary>How often the members are asked where they are; zero never.</summary>
    public TimeSpan EndpointSyncInterval { get; init; }

    /// <summary>What clients are told is this proxy's address.</summary>
    public string AdvertisedAddress { get; init; } = string.Empty;

    /// <summary>Where the proxies of this cluster are registered; empty for nowhere.</summary>
    public string ResolverPrefix { get; init; } = string.Empty;

    /// <summary>How long the registration outlives the proxy.</summary>
    public TimeSpan ResolverTimeToLive { get; init; }

    /// <summary>What stands before every key of the clients.</summary>
    public string KeyNamespace { get; init; } = string.Empty;

    /// <summary>What stands before a key to name the mark of the proxy that owns it; empty for no ownership.</summary>
    public string LeasingPrefix { get; init; } = string.Empty;

    /// <summary>Whether no read shows an older revision than an earlier one.</summary>
    public bool OrderSerializableReads { get; init; }

    /// <summary>TLS towards the members; <see langword="null"/> for the system's trust where an address asks for TLS.</summary>
    public RenewedTls? MemberTls { get; init; }

    /// <summary>TLS of the port for clients; <see langword="null"/> for clear text.</summary>
    public ITlsPolicy? ClientTls { get; init; }

    /// <summary>TLS of the port for monitoring; <see langword="null"/> for clear text.</summary>
    public ITlsPolicy? MetricsTls { get; init; }

    /// <summary>Largest message to a member, in bytes.</summary>
    public int SendBytesMax { get; init; } = 1536 * 1024;

    /// <summary>Largest message from a member, in bytes.</summary>
    public int ReceiveBytesMax { get; init; } = int.MaxValue;

    /// <summary>Silence after which a member is asked whether it is alive, while calls wait for it; zero never: a member that loses its power then holds all
    /// calls until the system gives the connection up, after a quarter of an hour.</summary>
    public TimeSpan DialKeepAliveInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it may take to answer that.</summary>
    public TimeSpan DialKeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Whether members are asked also while no call is in progress.</summary>
    public bool KeepAliveWithoutCalls { get; init; }

    /// <summary>Least time between two pings of a client.</summary>
    public TimeSpan ClientPingIntervalMin { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Silence after which a client is asked whether it is alive; zero never.</summary>
    public TimeSpan ClientKeepAliveInterval { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How long it may take to answer that.</summary>
    public TimeSpan ClientKeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Calls at once on one client's connection.</summary>
    public uint StreamsPerConnectionMax { get; init; } = uint.MaxValue;

    /// <summary>Whether calls in clear text are served by an HTTP/2 of this program's own; else by Kestrel.</summary>
    public bool ServesHttp2Itself { get; init; } = true;

    /// <summary>Whether clients may take profiles.</summary>
    public bool EnableProfiling { get; init; }
}
