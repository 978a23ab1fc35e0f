using Etcd.Simulation.Scenarios;

namespace Etcd.Simulation.Tests;

/// <summary>Whole members on simulated disks, network and time keep their promises under any schedule of faults.</summary>
public sealed class ClusterTests
{
    private const int SeedsPerBatch = 25;

    public static TheoryData<int> Batches => [.. Enumerable.Range(0, 12).Select(batch => 1 + (batch * SeedsPerBatch))];

    [Theory]
    [MemberData(nameof(Batches))]
    public void Cluster_AnyScheduleWithFaults_KeepsItsPromises(int firstSeed)
    {
        for (int seed = firstSeed; seed < firstSeed + SeedsPerBatch; seed++)
        {
            // What it throws says which promise was broken and how to replay the run.
            RunSummary summary = SimulatedRun.Execute(Scenario.Draw((ulong)seed));

            Assert.True(summary.Revisions > 1, $"seed {seed}: {summary}");
        }
    }

    // Leaders that last long enough to tell of leases, many leases, and members that forget in a restart what they were told: with a checkpoint
    // in force that a keep-alive has not cleared, the next leader ends the lease too early.
    [Theory]
    [InlineData(6, false)]
    [InlineData(25, true)]
    public void Leases_ManyWithCheckpointsAndNewLeaders_LiveAsLongAsPromised(int seed, bool persist) => SimulatedRun.Execute(new Scenario
    {
        Seed = (ulong)seed,
        PreVote = false,
        ElectionTimeout = TimeSpan.FromMilliseconds(300),
        BackendBatchInterval = TimeSpan.FromMilliseconds(5),
        KeyValueClients = 1,
        KeyGroups = 1,
        KeysPerGroup = 1,
        LeaseClients = 60,
        LeaseTtlSecondsMax = 12,
        LeaseCheckpointInterval = TimeSpan.FromSeconds(2),
        LeaseCheckpointsPersist = persist,
        ThinkMax = TimeSpan.FromMilliseconds(20),
        FaultTime = TimeSpan.FromSeconds(60),
        Faults = new FaultRates
        {
            Kinds = [FaultKind.LeaderIsolation, FaultKind.Kill, FaultKind.Kill, FaultKind.LeaderMove],
            Interval = TimeSpan.FromMilliseconds(2_500),
            LatencyMax = TimeSpan.FromMilliseconds(20),
        },
    });

    [Theory]
    [InlineData(1001)]
    [InlineData(1002)]
    [InlineData(1003)]
    [InlineData(1004)]
    [InlineData(1005)]
    public void Seed_RunTwice_IsTheSameRun(int seed)
    {
        RunSummary first = SimulatedRun.Execute(Scenario.Draw((ulong)seed));
        RunSummary second = SimulatedRun.Execute(Scenario.Draw((ulong)seed));

        Assert.Equal(first.ToString(), second.ToString());
    }

    [Fact]
    public void Seed_Another_IsAnotherRun() =>
        Assert.NotEqual(SimulatedRun.Execute(Scenario.Draw(1001)).TraceHash, SimulatedRun.Execute(Scenario.Draw(1002)).TraceHash);

    // The net itself: runs in which nothing happens would keep every promise.
    [Fact]
    public void Runs_Together_HaveAllThatTheyAreToHave()
    {
        // Any change to a member shuffles what happens under a seed, and some changes of the membership come in one run of fifty.
        const int runsMin = 20, runsMax = 400;
        string[] changes = ["add", "add-learner", "move-leader", "promote", "remove", "update"];
        var runs = new List<RunSummary>();
        for (ulong seed = 2001; runs.Count < runsMin || (runs.Count < runsMax && !changes.SequenceEqual(ChangesIn(runs))); seed++)
        {
            runs.Add(SimulatedRun.Execute(Scenario.Draw(seed)));
        }

        Assert.InRange(runs.Sum(run => run.Operations), 1_500, int.MaxValue);
        Assert.InRange(runs.Sum(run => run.Lives), 100, int.MaxValue);
        Assert.InRange(runs.Sum(run => run.Snapshots), 5, long.MaxValue);
        Assert.InRange(runs.Sum(run => run.SegmentCuts), 20, int.MaxValue);
        Assert.Equal(changes, ChangesIn(runs));
        Assert.Equal(Enum.GetValues<FaultKind>(), runs.SelectMany(run => run.Faults.Keys).Distinct().Order());
    }

    private static IEnumerable<string> ChangesIn(List<RunSummary> runs) =>
        runs.SelectMany(run => run.Changes.Keys).Distinct().Order(StringComparer.Ordinal);
}
