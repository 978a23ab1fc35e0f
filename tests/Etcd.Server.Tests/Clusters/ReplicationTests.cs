namespace Etcd.Server.Tests.Clusters;

// A client may write to and read from any member.
public sealed class ReplicationTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public async Task Cluster_PutsThroughEveryMember_AreReadFromEveryMember(int members)
    {
        await using TestCluster cluster = await TestCluster.StartAsync(members);
        await cluster.LeaderAsync();

        foreach (ClusterMember writer in cluster.Members)
        {
            await writer.PutAsync(writer.Options.Name, "value");
            foreach (ClusterMember reader in cluster.Members)
            {
                Assert.Equal("value", await reader.GetAsync(writer.Options.Name));
            }
        }

        Assert.Equal(members, cluster.Members[0].Server.Cluster.View.Members.Count(member => member.HasStarted));
    }

    [Fact]
    public async Task Follower_ManyWritersAtOnce_EachGetsItsOwnRevision()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember follower = await cluster.FollowerAsync();

        long[] revisions = await Task.WhenAll(Enumerable.Range(0, 200).Select(number => follower.PutAsync($"k{number}", "value")));

        Assert.Equal(200, revisions.Distinct().Count());
        Assert.Equal(revisions.Min() + 199, revisions.Max());
    }
}
