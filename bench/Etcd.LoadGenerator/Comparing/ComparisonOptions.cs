using Etcd.Testing.Processes;

namespace Etcd.LoadGenerator.Comparing;

/// <summary>How large a comparison is.</summary>
internal sealed record ComparisonOptions
{
    /// <summary>The server in question.</summary>
    public ServerKind Subject { get; init; } = ServerKind.Ours;

    /// <summary>The server it is compared with.</summary>
    public ServerKind Reference { get; init; } = ServerKind.Real35;

    /// <summary>Runs of each server for each case; the servers take turns, the medians count.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>Length of one run.</summary>
    public TimeSpan RunDuration { get; init; } = TimeSpan.FromSeconds(1);

    public IReadOnlyList<int> ClientCounts { get; init; } = [1, 100, 1000];

    /// <summary>Keys in the store before the cases run.</summary>
    public int PreloadedKeys { get; init; } = 50_000;

    /// <summary>Keys with 100-byte values in the comparison of memory and restart.</summary>
    public int MemoryKeys { get; init; } = 200_000;

    /// <summary>Events each watcher must see in one run.</summary>
    public int WatchPuts { get; init; } = 500;

    public int Watchers { get; init; } = 1000;

    /// <summary>Only cases whose name has this text; empty for all.</summary>
    public string Filter { get; init; } = "";

    /// <summary>Where the data directories are made; both servers write to the same disk.</summary>
    public required string DataRoot { get; init; }

    /// <summary>A run of a few minutes.</summary>
    public static ComparisonOptions Quick(string dataRoot) => new() { DataRoot = dataRoot };

    /// <summary>A run whose figures are worth keeping.</summary>
    public static ComparisonOptions Full(string dataRoot) => new()
    {
        DataRoot = dataRoot,
        Rounds = 5,
        RunDuration = TimeSpan.FromSeconds(4),
        PreloadedKeys = 100_000,
        MemoryKeys = 1_000_000,
        WatchPuts = 2000,
    };

    public bool Includes(string caseName) => caseName.Contains(Filter, StringComparison.OrdinalIgnoreCase);
}
