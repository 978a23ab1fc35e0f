using Etcd.Simulation.Schedule;

namespace Etcd.Simulation.Scenarios;

/// <summary>Which faults strike, and how often.</summary>
internal sealed record FaultRates
{
    /// <summary>Average time between two faults of the list below.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(700);

    /// <summary>Kinds of fault that strike; one that stands twice strikes twice as often.</summary>
    public IReadOnlyList<FaultKind> Kinds { get; init; } = [];

    /// <summary>Chance, in percent, that a message between members is lost.</summary>
    public double LossPercent { get; init; }

    /// <summary>Chance, in percent, that a message between members arrives twice.</summary>
    public double DuplicatePercent { get; init; }

    /// <summary>Chance, in percent, that a message overtakes earlier ones or is overtaken.</summary>
    public double ReorderPercent { get; init; }

    /// <summary>Longest usual way of a message.</summary>
    public TimeSpan LatencyMax { get; init; } = TimeSpan.FromMilliseconds(3);

    /// <summary>Longest way of a message that is held up.</summary>
    public TimeSpan StragglerMax { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Chance, in percent, that a client's request or its reply is lost.</summary>
    public double ClientLossPercent { get; init; }

    /// <summary>Largest difference of a clock's rate from true time, in percent.</summary>
    public double ClockRatePercentMax { get; init; }

    /// <summary>No fault at all.</summary>
    public static FaultRates None { get; } = new();

    /// <summary>Draws a mix: each run has some kinds of fault and not others, so that each combination is met by some seeds.</summary>
    public static FaultRates Draw(SimulationRandom random)
    {
        var kinds = new List<FaultKind>();
        foreach (FaultKind kind in Enum.GetValues<FaultKind>())
        {
            if (random.Percent(50))
            {
                kinds.Add(kind);
            }
        }

        bool hasBadNetwork = random.Percent(50);
        return new FaultRates
        {
            Interval = TimeSpan.FromMilliseconds(random.Pick([300, 700, 1500])),
            Kinds = kinds,
            LossPercent = hasBadNetwork ? random.Pick([0, 1, 10]) : 0,
            DuplicatePercent = hasBadNetwork ? random.Pick([0, 1, 10]) : 0,
            ReorderPercent = hasBadNetwork ? random.Pick([0, 5, 30]) : 0,
            LatencyMax = TimeSpan.FromMilliseconds(random.Pick([1, 3, 20])),
            ClientLossPercent = random.Pick([0, 0, 1, 5]),
            ClockRatePercentMax = random.Pick([0, 1, 10]),
        };
    }
}
