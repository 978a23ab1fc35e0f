using System.Net;

namespace Etcd.LoadGenerator.Load;

/// <summary>One run of a load.</summary>
internal sealed record LoadOptions
{
    public required IPEndPoint Server { get; init; }

    public required Scenario Scenario { get; init; }

    /// <summary>Callers that each wait for an answer before they send the next request.</summary>
    public int Clients { get; init; } = 1;

    /// <summary>Connections the clients share; 0 takes one for each ten clients.</summary>
    public int Connections { get; init; }

    /// <summary>Requests in all; with <see cref="Scenario.Watch"/>, puts.</summary>
    public long Total { get; init; } = 10_000;

    /// <summary>Ends the run early, whatever <see cref="Total"/> says.</summary>
    public TimeSpan? Duration { get; init; }

    public int KeyBytes { get; init; } = 16;

    public int ValueBytes { get; init; } = 256;

    /// <summary>Number of different keys.</summary>
    public long Keys { get; init; } = 100_000;

    /// <summary>Keys in order from the first instead of at random; that is how a store is filled.</summary>
    public bool IsSequential { get; init; }

    /// <summary>Seed of the random choice of keys.</summary>
    public ulong Seed { get; init; } = 1;

    public int Watchers { get; init; } = 1000;

    /// <summary>Watchers on one gRPC stream.</summary>
    public int WatchersPerStream { get; init; } = 10;

    /// <summary>Different keys the watchers are spread over; 1 makes all watch the same one.</summary>
    public int WatchedKeys { get; init; } = 1;

    /// <summary>Process ids of the server and of the other members of its cluster, to report what they used together; empty when unknown.</summary>
    public IReadOnlyList<int> ServerProcessIds { get; init; } = [];

    /// <summary>The time after which a run counts as hung.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(15);

    public int ConnectionsOrDefault => Connections > 0 ? Math.Min(Connections, Clients) : Math.Max(1, Clients / 10);
}
