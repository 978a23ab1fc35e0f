namespace Etcd.Testing.Certificates;

/// <summary>What a certificate made for a test says.</summary>
public sealed record TestSubject
{
    /// <summary>A server on loopback that is a client of others too, as members are.</summary>
    public static TestSubject Member { get; } = new() { CommonName = "member", Hosts = ["127.0.0.1", "::1", "localhost"], ForServers = true, ForClients = true };

    /// <summary>A client.</summary>
    public static TestSubject Client { get; } = new() { CommonName = "client", ForClients = true };

    public string CommonName { get; init; } = string.Empty;

    /// <summary>Addresses and host names.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    public bool ForServers { get; init; }

    public bool ForClients { get; init; }

    /// <summary>Start of its validity, from now.</summary>
    public TimeSpan ValidFrom { get; init; } = TimeSpan.FromHours(-1);

    /// <summary>End of its validity, from now.</summary>
    public TimeSpan ValidTo { get; init; } = TimeSpan.FromDays(1);
}
