namespace Etcd.Testing.Processes;

/// <summary>How to start a server process.</summary>
public sealed record EtcdServerOptions
{
    public ServerKind Kind { get; init; } = ServerKind.Ours;

    public required string DataDirectory { get; init; }

    /// <summary>Flags beside data directory and addresses.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>Variables added to the environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>How long the start may take until the server is ready.</summary>
    public TimeSpan ReadyLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Port for clients; 0 takes a free one.</summary>
    public int ClientPort { get; init; }

    /// <summary>Port for peers; 0 takes a free one.</summary>
    public int PeerPort { get; init; }

    /// <summary>Where it listens for peers.</summary>
    public string PeerHost { get; init; } = "127.0.0.1";

    /// <summary>A command that runs the server, in another network for example, with its arguments; none when empty.</summary>
    public IReadOnlyList<string> Within { get; init; } = [];

    /// <summary>Whether to advertise etcd's default addresses, whatever ports it really listens on. Member and cluster id follow
    /// from them, and are then the same in every run and on every server.</summary>
    public bool HasFixedIdentity { get; init; }

    /// <summary>Path of the program of a kind.</summary>
    public static string ProgramOf(ServerKind kind) => kind switch
    {
        ServerKind.Ours => OurPrograms.Server,
        ServerKind.Real34 => RealEtcd.Server("3.4"),
        ServerKind.Real35 => RealEtcd.Server("3.5"),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
