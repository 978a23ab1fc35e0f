using Etcd.Protocol.Errors;

namespace Etcd.Server.Tests.Clusters;

// Without a quorum: writes time out with etcd's error, serializable reads go on, and everything resumes by itself.
public sealed class QuorumTests
{
    [Fact]
    public async Task Members_NoQuorum_WritesWaitReadsOfOwnStateGoOnAndAllResumes()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        await cluster.Members[0].PutAsync("a", "1");
        ClusterMember last = cluster.Members[0];
        await TestCluster.UntilAsync(() => last.Server.Readings.AppliedIndex == last.Server.Readings.CommittedIndex);
        await cluster.Members[1].KillAsync();
        await cluster.Members[2].KillAsync();

        Task<long> write = last.PutAsync("b", "2");
        Assert.Equal("1", await last.GetAsync("a", serializable: true));
        EtcdException late = await Assert.ThrowsAsync<EtcdException>(() => write);
        Assert.Contains(late.Code, (EtcdErrorCode[])[EtcdErrorCode.Timeout, EtcdErrorCode.TimeoutDueToConnectionLost]);
        EtcdException unconfirmed = await Assert.ThrowsAsync<EtcdException>(() => last.GetAsync("a"));
        Assert.Equal(EtcdErrorCode.Timeout, unconfirmed.Code);

        Task<long> parked = last.PutAsync("c", "3");
        await cluster.Members[1].StartAsync();
        await parked;

        Assert.Equal("3", await cluster.Members[1].GetAsync("c"));
    }

    [Fact]
    public async Task Leader_LosesItsConnections_TellsSoWhenAWriteTimesOut()
    {
        // Long elections: the leader does not step down within the time-out of the request.
        await using TestCluster cluster = await TestCluster.StartAsync(
            3, options => options with { HeartbeatInterval = TimeSpan.FromMilliseconds(100), ElectionTimeout = TimeSpan.FromMilliseconds(600) });
        ClusterMember leader = await cluster.LeaderAsync();
        ClusterMember follower = await cluster.FollowerAsync();
        await follower.PutAsync("a", "1");

        cluster.Network.Isolate(follower.Id, cluster.Ids);
        EtcdException late = await Assert.ThrowsAsync<EtcdException>(() => follower.PutAsync("a", "2"));

        // The follower knows a leader no longer: etcd then says no more than that the time is over.
        Assert.Equal(EtcdErrorCode.Timeout, late.Code);
        Assert.Equal("1", await leader.GetAsync("a"));
    }
}
