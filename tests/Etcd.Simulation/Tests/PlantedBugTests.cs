using Etcd.Simulation.PlantedBugs;
using Etcd.Simulation.Scenarios;
using Etcd.Simulation.Schedule;

namespace Etcd.Simulation.Tests;

/// <summary>The net holds: each of these deliberate mistakes is found within a bounded number of seeds, and the same runs without it pass.</summary>
public sealed class PlantedBugTests
{
    [Fact]
    public void StaleReadOnAnOldLeader_IsFound() => AssertFound(
        static () => new StaleReadOnOldLeader(), seedsMax: 50, [FaultKind.LeaderIsolation, FaultKind.Pause]);

    [Fact]
    public void AppliedIndexAheadOfTheStore_IsFound() => AssertFound(
        static () => new AppliedIndexAheadOfStore(), seedsMax: 20, [FaultKind.PowerLoss, FaultKind.Kill]);

    [Fact]
    public void LostTailOfTheLog_IsFound() => AssertFound(
        static () => new LostTail(), seedsMax: 50, [FaultKind.ClusterPowerLoss]);

    [Fact]
    public void UnsyncedVote_IsFound() => AssertFound(
        static () => new UnsyncedVote(), seedsMax: 300, [FaultKind.PowerLossAfterVote, FaultKind.PowerLossAfterVote, FaultKind.LeaderIsolation],
        TimeSpan.FromMilliseconds(60));

    // Leaders that come and go with entries of their own; one entry a message, so that an old one can be acknowledged before a new one.
    // Members whose logs have parted send and reject without a pause, which costs much time: ten seconds of it are enough.
    [Fact]
    public void OlderTermCommittedByCounting_IsFound() => AssertFound(
        static () => new OlderTermCommit(), seedsMax: 50, [FaultKind.NewLeaderIsolation], shape: static scenario => scenario with
        {
            Heartbeat = TimeSpan.FromMilliseconds(10),
            ElectionTimeout = TimeSpan.FromMilliseconds(100),
            AppendBytesMax = 0,
            InflightMessagesMax = 1,
            FaultTime = TimeSpan.FromSeconds(8),
            HealingTimeMax = TimeSpan.FromSeconds(10),
            Faults = scenario.Faults with { Interval = TimeSpan.FromSeconds(2) },
        },
        latency: TimeSpan.FromMilliseconds(5));

    // What watchers are told, and leases, do not depend on rare schedules: a few seeds are enough.
    [Fact]
    public void DroppedWatchEvent_IsFound() => AssertFound(static () => new DroppedWatchEvent(), seedsMax: 3, [FaultKind.Kill]);

    [Fact]
    public void ProgressAheadOfTheEvents_IsFound() => AssertFound(static () => new EarlyProgress(), seedsMax: 5, [FaultKind.Kill]);

    [Fact]
    public void CompactionThatNobodyAskedFor_IsFound() =>
        AssertFound(static () => new MadeUpCompaction(), seedsMax: 3, [FaultKind.Compaction]);

    [Fact]
    public void MissingPreviousValue_IsFound() => AssertFound(static () => new MissingPrevious(), seedsMax: 10, [FaultKind.Compaction]);

    [Fact]
    public void LeaseRevokedEarly_IsFound() => AssertFound(
        static () => new EarlyRevoke(), seedsMax: 5, [FaultKind.LeaderIsolation], shape: WithLeases);

    [Fact]
    public void LeaseAcknowledgedWithoutRenewal_IsFound() => AssertFound(
        static () => new UnrenewedLease(), seedsMax: 5, [FaultKind.LeaderIsolation], shape: WithLeases);

    [Fact]
    public void RenewalOfAnEndedLease_IsFound() => AssertFound(
        static () => new RenewalOfEndedLease(), seedsMax: 5, [FaultKind.LeaderIsolation], shape: WithLeases);

    [Fact]
    public void LostLease_IsFound() => AssertFound(
        static () => new LostLease(), seedsMax: 5, [FaultKind.LeaderIsolation], shape: WithLeases);

    [Fact]
    public void MemberListThatDiffers_IsFound() => AssertFound(
        static () => new DifferingMember(), seedsMax: 5, [FaultKind.Pause]);

    private static Scenario WithLeases(Scenario scenario) => scenario with { LeaseClients = 3 };

    private static void AssertFound(
        Func<PlantedBug> plant, int seedsMax, IReadOnlyList<FaultKind> faults, TimeSpan? latency = null,
        Func<Scenario, Scenario>? shape = null)
    {
        string? found = null;
        for (ulong seed = 1; seed <= (ulong)seedsMax && found is null; seed++)
        {
            Scenario scenario = Hunt(seed, faults, latency ?? TimeSpan.FromMilliseconds(20));
            scenario = shape?.Invoke(scenario) ?? scenario;
            found = FailureOf(scenario with { Bug = plant() });
            if (found is not null)
            {
                // It is the bug that fails, not the hunt.
                string? without = FailureOf(scenario);
                Assert.True(without is null, without);
                TestContext.Current.TestOutputHelper?.WriteLine($"found by seed {seed}: {found}");
            }
        }

        Assert.True(found is not null, $"not found within {seedsMax} seeds");
    }

    private static string? FailureOf(Scenario scenario)
    {
        try
        {
            SimulatedRun.Execute(scenario);
            return null;
        }
        catch (SimulationFailedException failure) when (failure.InnerException is not WorkEscapedException)
        {
            return failure.Message;
        }
    }

    /// <summary>A run in which leaders come and go quickly and clients are busy: three members, no pre-vote, short time-outs.</summary>
    private static Scenario Hunt(ulong seed, IReadOnlyList<FaultKind> faults, TimeSpan latency) => new()
    {
        Seed = seed,
        PreVote = false,
        KeyValueClients = 5,
        LeaseClients = 0,
        KeyGroups = 1,
        KeysPerGroup = 1,
        ThinkMax = TimeSpan.FromMilliseconds(20),
        FaultTime = TimeSpan.FromSeconds(15),
        Faults = new FaultRates
        {
            Kinds = faults,
            Interval = TimeSpan.FromMilliseconds(200),
            LatencyMax = latency,
        },
    };
}
