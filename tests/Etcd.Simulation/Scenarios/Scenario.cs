using Etcd.Simulation.PlantedBugs;
using Etcd.Simulation.Schedule;

namespace Etcd.Simulation.Scenarios;

/// <summary>What one run does, drawn from its seed: sizes, clocks, clients, and which faults strike how often.</summary>
internal sealed record Scenario
{
    public required ulong Seed { get; init; }

    /// <summary>Members the cluster begins with.</summary>
    public int Members { get; init; } = 3;

    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromMilliseconds(50);

    public TimeSpan ElectionTimeout { get; init; } = TimeSpan.FromMilliseconds(500);

    public bool PreVote { get; init; } = true;

    /// <summary>Entries between two snapshots; small, so that logs are cut and followers need snapshots.</summary>
    public ulong SnapshotCount { get; init; } = 100_000;

    public ulong SnapshotCatchUpEntries { get; init; } = 5_000;

    public TimeSpan BackendBatchInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    public int BackendBatchLimit { get; init; } = 10_000;

    /// <summary>Bytes of a value; large ones fill watch streams and backends.</summary>
    public int ValueBytes { get; init; } = 16;

    /// <summary>Length of a segment of the log; small, so that it is cut.</summary>
    public long WalSegmentBytes { get; init; } = 64_000_000;

    /// <summary>Most bytes of entries in one message; 0 for one entry a message.</summary>
    public ulong AppendBytesMax { get; init; } = 1 << 20;

    /// <summary>Most messages with entries on their way to one member.</summary>
    public int InflightMessagesMax { get; init; } = 256;

    /// <summary>Most learners at a time.</summary>
    public int LearnersMax { get; init; } = 1;

    /// <summary>Chance, in percent, that the operator changes the membership when it has looked at it, which it does about eight times a second.</summary>
    public double ChurnPercent { get; init; }

    /// <summary>How often what is left of leases is told to all members, so that a new leader does not give them their whole life again; zero
    /// for never.</summary>
    public TimeSpan LeaseCheckpointInterval { get; init; }

    /// <summary>Whether they keep it over a restart.</summary>
    public bool LeaseCheckpointsPersist { get; init; }

    public int KeyValueClients { get; init; } = 3;

    public int WatchClients { get; init; } = 2;

    public int LeaseClients { get; init; } = 1;

    /// <summary>Longest time to live that clients ask for; the shortest is a second.</summary>
    public int LeaseTtlSecondsMax { get; init; } = 3;

    /// <summary>Groups of keys; operations on one group are checked together.</summary>
    public int KeyGroups { get; init; } = 3;

    public int KeysPerGroup { get; init; } = 2;

    /// <summary>Longest pause of a client between two operations.</summary>
    public TimeSpan ThinkMax { get; init; } = TimeSpan.FromMilliseconds(150);

    /// <summary>How long faults strike.</summary>
    public TimeSpan FaultTime { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>How long the cluster may take for each thing that must hold again after all faults have ended.</summary>
    public TimeSpan HealingTimeMax { get; init; } = TimeSpan.FromSeconds(60);

    public required FaultRates Faults { get; init; }

    /// <summary>The mistake that the run is to find, if any.</summary>
    public PlantedBug Bug { get; init; } = NoBug.Instance;

    /// <summary>Draws a scenario.</summary>
    public static Scenario Draw(ulong seed)
    {
        var random = new SimulationRandom(seed ^ 0x5CE7A210);
        bool isSlowClock = random.Percent(25);
        var scenario = new Scenario
        {
            Seed = seed,
            Members = random.Pick([1, 2, 3, 3, 3, 3, 3, 4, 5, 5, 7]),
            Heartbeat = TimeSpan.FromMilliseconds(isSlowClock ? 100 : 50),
            ElectionTimeout = TimeSpan.FromMilliseconds(isSlowClock ? 1000 : 500),
            PreVote = random.Percent(80),
            SnapshotCount = (ulong)random.Pick([5, 10, 10, 25, 50, 100_000]),
            SnapshotCatchUpEntries = (ulong)random.Pick([1, 5, 20, 100]),
            BackendBatchInterval = TimeSpan.FromMilliseconds(random.Pick([5, 100, 1000])),
            BackendBatchLimit = random.Pick([1, 10, 10_000]),
            ValueBytes = random.Pick([16, 16, 16, 2_000]),
            WalSegmentBytes = random.Pick([4_000, 4_000, 40_000, 64_000_000]),
            AppendBytesMax = (ulong)random.Pick([0, 1_000, 1 << 20]),
            InflightMessagesMax = random.Pick([1, 4, 256]),
            LearnersMax = random.Between(1, 2),
            ChurnPercent = random.Pick([0, 0, 5, 25]),
            KeyValueClients = random.Between(2, 6),
            WatchClients = random.Between(1, 3),
            LeaseClients = random.Between(0, 2),
            KeyGroups = random.Between(1, 4),
            KeysPerGroup = random.Between(1, 3),
            ThinkMax = TimeSpan.FromMilliseconds(random.Pick([10, 40, 200])),
            FaultTime = TimeSpan.FromSeconds(random.Between(3, 8)),
            Faults = FaultRates.Draw(random),
        };
        return scenario with
        {
            LeaseCheckpointInterval = TimeSpan.FromMilliseconds(random.Pick([0, 0, 500, 2_500])),
            LeaseCheckpointsPersist = random.Percent(50),
            LeaseTtlSecondsMax = random.Pick([3, 3, 6]),
        };
    }
}
