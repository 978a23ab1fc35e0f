namespace Etcd.Raft.Tests.Safety;

/// <summary>The safety rules of figure 3 of the raft paper, and linearizable read indexes, under crashes, partitions, loss, delay,
/// repetition, reordering, snapshots and membership changes.</summary>
public sealed class SafetyTests
{
    private const int SeedsPerBatch = 25;
    private const int Events = 10_000;

    public static TheoryData<ulong> Batches => [.. Enumerable.Range(0, 8).Select(i => (ulong)(i * SeedsPerBatch))];

    [Theory]
    [MemberData(nameof(Batches))]
    public void Cluster_AnyScheduleWithFaults_KeepsThePapersSafetyRules(ulong firstSeed)
    {
        for (ulong seed = firstSeed; seed < firstSeed + SeedsPerBatch; seed++)
        {
            var cluster = new SimulatedRaftCluster(seed);
            Exception? broken = Record.Exception(() => cluster.Run(Events));

            Assert.True(broken is null, $"seed {seed}: {broken}");
        }
    }

    [Fact]
    public void Cluster_AfterTheFaultsEnd_ElectsALeaderAndBringsEverybodyToTheSameState()
    {
        for (ulong seed = 1000; seed < 1000 + SeedsPerBatch; seed++)
        {
            var cluster = new SimulatedRaftCluster(seed);
            cluster.Run(Events);

            string? unsettled = cluster.Settle();
            Assert.True(unsettled is null, $"seed {seed}: {unsettled}");
        }
    }

    // The net itself: a run in which nothing happens would pass everything.
    [Fact]
    public void Runs_Together_SeeElectionsCommitsCrashesAndReads()
    {
        ulong committed = 0;
        int leaders = 0;
        int crashes = 0;
        int reads = 0;
        for (ulong seed = 2000; seed < 2010; seed++)
        {
            var cluster = new SimulatedRaftCluster(seed);
            cluster.Run(Events);
            committed += cluster.Checker.CommittedMax;
            leaders += cluster.Checker.LeadersElected;
            crashes += cluster.Crashes;
            reads += cluster.Checker.ReadsAnswered;
        }

        Assert.True(committed > 500 && leaders > 30 && crashes > 30 && reads > 100, $"{committed} commits, {leaders} leaders, {crashes} crashes, {reads} reads");
    }

    [Theory]
    [InlineData((int)SimulatedFaults.AnswersBeforeSync)]
    [InlineData((int)SimulatedFaults.GrantsEveryVote)]
    public void Checker_OwnerBreaksAPromise_FindsItWithinFewSeeds(int fault)
    {
        bool found = false;
        for (ulong seed = 0; seed < 200 && !found; seed++)
        {
            var cluster = new SimulatedRaftCluster(seed, (SimulatedFaults)fault);
            Exception? broken = Record.Exception(() => cluster.Run(Events));
            found = broken is SafetyViolationException or InvariantViolationException;
            Assert.True(found || broken is null, $"seed {seed}: {broken}");
        }

        Assert.True(found);
    }
}
