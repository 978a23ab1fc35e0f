using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Server.Tests.Clusters;

namespace Etcd.Server.Tests.Integrity;

public sealed class HashComparisonTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Keys_FollowerDiffers_ItsAlarmStopsWritesEverywhere()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3, options => options with { CorruptCheckInterval = Interval });
        ClusterMember follower = await cluster.FollowerAsync();

        await AlterAsync(follower);

        await AlarmAsync(cluster, follower.Id);
        foreach (ClusterMember member in cluster.Members)
        {
            EtcdException refusal = await Assert.ThrowsAsync<EtcdException>(() => member.PutAsync("key", "new"));
            Assert.Equal(EtcdErrorCode.Corrupt, refusal.Code);
        }
    }

    // The hash of the leader is one among others.
    [Fact]
    public async Task Keys_LeaderDiffers_ItNamesItself()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember altered = await cluster.FollowerAsync();
        altered.Options = altered.Options with { CorruptCheckInterval = Interval };
        await AlterAsync(altered);
        await altered.Server.Published;
        ClusterMember leader = await cluster.LeaderAsync();

        await leader.Server.Maintenance.MoveLeaderAsync(
            new MoveLeaderRequest { TargetID = altered.Id }, TestContext.Current.CancellationToken);

        await AlarmAsync(cluster, altered.Id);
    }

    [Fact]
    public async Task Compactions_FollowerDiffers_RaisesItsAlarm()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(
            3, options => options with { CompactHashCheck = true, CompactHashCheckInterval = Interval });
        ClusterMember follower = await cluster.FollowerAsync();
        await AlterAsync(follower);
        long revision = await follower.PutAsync("other", "value");

        await follower.Server.KeyValues.CompactAsync(new CompactionRequest { Revision = revision }, TestContext.Current.CancellationToken);

        await AlarmAsync(cluster, follower.Id);
    }

    private static async Task AlterAsync(ClusterMember member)
    {
        await member.PutAsync("key", "as-it-was");
        await member.StopAsync();
        StoredBytes.Replace(member, "as-it-was", "as-it-isn");
        await member.StartAsync();
    }

    // Nobody else is named, on any member.
    private static async Task AlarmAsync(TestCluster cluster, ulong memberId)
    {
        await TestCluster.UntilAsync(() => cluster.Members.All(member => member.Server.Maintenance.Alarms.Count > 0));
        var expected = new AlarmMember { MemberID = memberId, Alarm = AlarmType.Corrupt };
        Assert.All(cluster.Members, member => Assert.Equal([expected], member.Server.Maintenance.Alarms));
    }
}
