using Etcd.Protocol.Replication;
using Etcd.Raft;
using Etcd.Server.Apply;
using Etcd.Server.V2Api;

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

    // Ids of requests collide where members agree in the low 16 bits of theirs. The follower applied its own request in place of the other one's entry,
    // and its data differed from then on.
    [Fact]
    public async Task Follower_EntryOfAnotherWithTheIdOfItsRequest_IsAppliedAsTheLogHasIt()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember leader = await cluster.LeaderAsync();
        ClusterMember follower = await cluster.FollowerAsync();
        Task? other = null;
        cluster.Network.Passes = message =>
        {
            // Before the follower's proposal reaches the leader, that one proposes another request with its id.
            if (message.Type == MessageType.Propose && message.Entries.Span[0] is var entry && entry.Data.Span.IndexOf("mine"u8) >= 0)
            {
                Request request = V2Requests.Create(V2Requests.Put, "/1/other");
                request.Val = "theirs";
                request.ID = EntryRequestId.Read(entry.Data.Span);
                other ??= leader.Server.Proposals.ProposeAsync(request).AsTask();
            }

            return true;
        };

        long revision = await follower.PutAsync("mine", "1");
        await other!;

        Assert.Equal("theirs", follower.Server.V2.Get("/1/other", recursive: false).Event?.Node.Value);
        foreach (ClusterMember member in cluster.Members)
        {
            Assert.Equal("1", await member.GetAsync("mine"));
            Assert.Equal(revision, member.Server.Store.CurrentRevision);
        }
    }
}
