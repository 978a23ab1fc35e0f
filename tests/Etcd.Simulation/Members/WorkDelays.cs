using Etcd.Simulation.Schedule;

namespace Etcd.Simulation.Members;

/// <summary>How long work waits before its turn comes: threads get the processor late, disks are slow. The order in which things
/// happen in a member comes from here.</summary>
internal sealed record WorkDelays
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMicroseconds(5);
    private static readonly TimeSpan Usual = TimeSpan.FromMicroseconds(200);

    /// <summary>Longest usual delay of the log writer: a sync of the disk.</summary>
    public TimeSpan DiskMax { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Chance, in percent, that work is held up.</summary>
    public double StallPercent { get; init; } = 1;

    /// <summary>Longest hold-up.</summary>
    public TimeSpan StallMax { get; init; } = TimeSpan.FromMilliseconds(30);

    public TimeSpan Draw(string what, SimulationRandom random)
    {
        if (random.Percent(StallPercent))
        {
            return random.Between(Usual, StallMax);
        }

        return random.Between(Shortest, what == "etcd-log-writer" ? DiskMax : Usual);
    }
}
