using Etcd.Server.Bootstrap;
using Etcd.Server.Tests.Clusters;

namespace Etcd.Server.Tests.Integrity;

public sealed class InitialHashCheckTests
{
    [Fact]
    public async Task Start_DataDiffersFromThatOfTheOthers_IsRefusedUntilItIsTheSameAgain()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3, options => options with { InitialCorruptCheck = true });
        ClusterMember follower = await cluster.FollowerAsync();
        await follower.PutAsync("key", "as-it-was");
        ulong id = follower.Id;
        await follower.StopAsync();
        StoredBytes.Replace(follower, "as-it-was", "as-it-isn");

        BootstrapException refusal = await Assert.ThrowsAsync<BootstrapException>(follower.StartAsync);

        Assert.Equal($"{id:x} found data inconsistency with peers", refusal.Message);
        StoredBytes.Replace(follower, "as-it-isn", "as-it-was");
        await follower.StartAsync();
        await cluster.PublishedAsync();
        Assert.Equal("as-it-was", await follower.GetAsync("key", serializable: true));
    }

    [Fact]
    public async Task Start_OthersAreDownOrAhead_IsNotHeldUp()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3, options => options with { InitialCorruptCheck = true });
        ClusterMember behind = await cluster.FollowerAsync();
        await behind.PutAsync("key", "1");
        await behind.StopAsync();
        ClusterMember other = await cluster.LeaderAsync();
        await other.PutAsync("key", "2");
        await behind.StartAsync();
        await cluster.PublishedAsync();
        await Task.WhenAll(cluster.Members.Select(member => member.StopAsync()));

        await Task.WhenAll(cluster.Members.Select(member => member.StartAsync()));

        await cluster.PublishedAsync();
        await cluster.LeaderAsync();
        Assert.Equal("2", await behind.GetAsync("key", serializable: true));
    }
}
