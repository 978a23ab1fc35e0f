using Etcd.Protocol.Errors;

namespace Etcd.Server.Tests.Clusters;

// --force-new-cluster: the way out when a quorum is lost for good.
public sealed class ForceNewClusterTests
{
    [Theory]
    [InlineData(100_000)]
    [InlineData(10)]
    public async Task LastMember_ForcedToBeTheCluster_KeepsItsDataAndIdsAndTakesWrites(int snapshotCount)
    {
        await using TestCluster cluster = await TestCluster.StartAsync(
            3, options => options with { SnapshotCount = (ulong)snapshotCount, SnapshotCatchUpEntries = 5 });
        for (int i = 0; i < 30; i++)
        {
            await cluster.Members[0].PutAsync($"k{i}", $"{i}");
        }

        // What a member knows to be committed is on its disk with the next entry at the latest.
        await cluster.Members[0].PutAsync("one", "more");
        ClusterMember last = cluster.Members[0];
        (ulong id, ulong clusterId) = (last.Id, last.Server.Headers.ClusterId);
        ulong[] others = [.. cluster.Members.Skip(1).Select(member => member.Id)];
        foreach (ClusterMember member in cluster.Members)
        {
            await member.KillAsync();
        }

        await last.StartAsync(last.Options with { ForceNewCluster = true });
        await last.Server.Published;

        Assert.Equal((id, clusterId), (last.Id, last.Server.Headers.ClusterId));
        Assert.Equal(id, Assert.Single(last.Server.Cluster.View.Members).Id);
        Assert.Equal(others.Order(), last.Server.Cluster.View.RemovedMemberIds);
        Assert.Equal("29", await last.GetAsync("k29"));
        await last.PutAsync("after", "it");

        // The flag is taken off again, as its documentation says; nothing depends on it any more.
        await last.KillAsync();
        await last.StartAsync();
        await last.Server.Published;
        Assert.Equal("it", await last.GetAsync("after"));
    }

    [Fact]
    public async Task LastMember_HasEntriesNobodyAcknowledged_DropsThem()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember leader = await cluster.LeaderAsync();
        await leader.PutAsync("kept", "1");
        await leader.PutAsync("one", "more");
        cluster.Network.Isolate(leader.Id, cluster.Ids);
        Task<long> unanswered = leader.PutAsync("dropped", "2");
        await TestCluster.UntilAsync(() => leader.Disk.Steps > 0 && !leader.IsLeader);
        await leader.KillAsync();
        await Assert.ThrowsAsync<EtcdException>(() => unanswered);

        await leader.StartAsync(leader.Options with { ForceNewCluster = true });
        await leader.Server.Published;

        Assert.Equal("1", await leader.GetAsync("kept"));
        Assert.Null(await leader.GetAsync("dropped"));
    }

    [Fact]
    public async Task ForcedCluster_GrowsAgain()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember last = cluster.Members[2];
        await last.PutAsync("a", "1");
        await last.PutAsync("one", "more");
        foreach (ClusterMember member in cluster.Members)
        {
            await member.KillAsync();
        }

        await last.StartAsync(last.Options with { ForceNewCluster = true });
        await last.Server.Published;
        cluster.Members.RemoveAll(member => member != last);

        ClusterMember second = await cluster.AddAsync("m8", via: last);
        ClusterMember third = await cluster.AddAsync("m9", via: second);

        Assert.Equal("1", await third.GetAsync("a"));
    }
}
