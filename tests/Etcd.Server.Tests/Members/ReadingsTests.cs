using Etcd.Server.Observation;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Server.Tests.Members;

public sealed class ReadingsTests
{
    [Fact]
    public async Task SingleMember_AfterItsStart_HasSeenOneLeaderItself()
    {
        await using TestMember member = await TestMember.StartAsync(new SimulatedFileSystem());

        MemberReadings readings = member.Server.Readings;

        Assert.True(readings.Leadership.IsLeader);
        Assert.Equal(1, readings.Instruments.LeaderChanges);
        Assert.False(readings.IsLearner(member.Server.Headers.MemberId));
        Assert.Equal("3.5.0", readings.ClusterVersion);
    }

    [Fact]
    public async Task Put_Acknowledged_MovesIndexesRevisionKeysAndSyncs()
    {
        await using TestMember member = await TestMember.StartAsync(new SimulatedFileSystem());
        MemberReadings readings = member.Server.Readings;
        (ulong applied, long revision, long syncs) = (readings.AppliedIndex, readings.CurrentRevision, Recorded(readings.Instruments.WalSyncs));

        await member.PutAsync("a", "1");

        Assert.Equal(applied + 1, readings.AppliedIndex);
        Assert.Equal(applied + 1, readings.CommittedIndex);
        Assert.Equal(revision + 1, readings.CurrentRevision);
        Assert.Equal(1, readings.KeyCount);
        Assert.InRange(Recorded(readings.Instruments.WalSyncs), syncs + 1, long.MaxValue);
        Assert.Equal(0, readings.ProposalsPending);
        Assert.Equal(0, readings.Instruments.ProposalsFailed);
    }

    [Theory]
    [InlineData(0, 2L * 1024 * 1024 * 1024)]
    [InlineData(1 << 20, 1 << 20)]
    [InlineData(-1, -1)]
    public async Task QuotaBytes_OfEachKindOfSetting_IsTheQuotaInForce(long configured, long expected)
    {
        await using TestMember member = await TestMember.StartAsync(
            new SimulatedFileSystem(), TestMember.Options with { QuotaBackendBytes = configured });

        Assert.Equal(expected, member.Server.Readings.QuotaBytes);
    }

    private static long Recorded(DurationHistogram durations) =>
        Enumerable.Range(0, durations.BoundedBuckets + 1).Sum(durations.CountIn);
}
