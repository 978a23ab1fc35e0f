using Etcd.Protocol.Errors;
using Etcd.Raft;
using Etcd.Server.Membership;

namespace Etcd.Server.Tests.Clusters;

// Members come and go while the cluster serves: one change at a time, in force when it is applied.
public sealed class MembershipChangeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task AddedMember_Joins_CatchesUpAndTakesPart()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        await cluster.Members[0].PutAsync("before", "1");

        ClusterMember joined = await cluster.AddAsync("m4", via: await cluster.FollowerAsync());

        Assert.Equal("1", await joined.GetAsync("before"));
        await joined.PutAsync("after", "2");
        Assert.Equal("2", await cluster.Members[0].GetAsync("after"));
        Assert.Equal(4, cluster.Members[0].Server.Cluster.View.Members.Count(member => member.HasStarted));
        Assert.Equal(cluster.Members[0].Server.Headers.ClusterId, joined.Server.Headers.ClusterId);
    }

    // A member that was added, started, and stopped before the leader had reached it must not found a cluster of its own.
    [Fact]
    public async Task AddedMember_RestartsBeforeTheLeaderReachedIt_WaitsForTheClustersLog()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember joining = await cluster.AddUnstartedAsync("m4", cluster.Members[0]);
        cluster.Network.Passes = message => message.To != joining.IdWhenKnown;
        await joining.StartAsync();
        ulong id = joining.Id;
        await joining.KillAsync();

        joining.Options = joining.Options with { JoinsExistingCluster = false };
        cluster.Network.Passes = static _ => true;
        await joining.StartAsync();
        await joining.Server.Published.WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.Equal(id, joining.Id);
        Assert.Equal(cluster.Members[0].Server.Headers.ClusterId, joining.Server.Headers.ClusterId);
    }

    [Fact]
    public async Task Learner_FollowsWithoutAVote_AndVotesOnceItIsPromoted()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(1);
        ClusterMember first = cluster.Members[0];
        ClusterMember learner = await cluster.AddAsync("m2", via: first, isLearner: true);
        await first.PutAsync("a", "1");
        Assert.Equal("1", await learner.GetAsync("a"));
        await learner.PutAsync("b", "2");

        ClusterView view = await first.Server.Proposals.ProposeAsync(TestCluster.Promotion(learner.Id));
        Assert.DoesNotContain(view.Members, member => member.IsLearner);

        // Two voters: none of them can commit alone now.
        await TestCluster.UntilAsync(() => learner.Server.Cluster.View.Members.All(member => !member.IsLearner));
        await first.KillAsync();
        await TestCluster.UntilAsync(() => !learner.Server.HasLeader);
        Task<long> write = learner.PutAsync("c", "3");
        await first.StartAsync();
        await write;
        Assert.Equal("3", await first.GetAsync("c"));
    }

    [Fact]
    public async Task Member_RemovedThroughAnother_StopsByItselfAndTheOthersGoOn()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember leader = await cluster.LeaderAsync();
        ClusterMember removed = await cluster.FollowerAsync();
        ClusterMember other = cluster.Members.First(member => member != leader && member != removed);

        ClusterView view = await other.Server.Proposals.ProposeAsync(new ConfChange(ConfChangeType.RemoveNode, removed.Id));

        Assert.Null(view.Find(removed.Id));
        Assert.Null(await removed.Server.Termination.WaitAsync(Patience, TestContext.Current.CancellationToken));
        await removed.KillAsync();
        await leader.PutAsync("a", "1");
        Assert.Equal("1", await other.GetAsync("a"));
    }

    [Fact]
    public async Task Leader_RemovesItself_StopsAndAnotherLeads()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember leader = await cluster.LeaderAsync();
        ClusterMember[] others = [.. cluster.Members.Where(member => member != leader)];

        await leader.Server.Proposals.ProposeAsync(new ConfChange(ConfChangeType.RemoveNode, leader.Id));

        Assert.Null(await leader.Server.Termination.WaitAsync(Patience, TestContext.Current.CancellationToken));
        await leader.KillAsync();
        ClusterMember next = await cluster.LeaderAsync(others);
        await next.PutAsync("a", "1");
        Assert.Equal(2, next.Server.Cluster.View.Members.Count);
    }

    // The member that was asked tells its caller what all members found when they applied the change.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Change_RefusedByTheMembers_IsToldToTheCallerOnAnyMember(bool onLeader)
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember asked = onLeader ? await cluster.LeaderAsync() : await cluster.FollowerAsync();
        ClusterMember known = cluster.Members[0];
        var sameUrls = new Member(99, [TestCluster.UrlOf("m1")], IsLearner: false, string.Empty, []);

        Assert.Equal(EtcdErrorCode.MemberNotFound, await ErrorOf(asked, new ConfChange(ConfChangeType.RemoveNode, 77)));
        Assert.Equal(
            EtcdErrorCode.PeerUrlExists, await ErrorOf(asked, new ConfChange(ConfChangeType.AddNode, 99, MemberRecord.Write(sameUrls))));
        Assert.Equal(EtcdErrorCode.MemberNotLearner, await ErrorOf(asked, TestCluster.Promotion(known.Id)));

        // A change that was refused holds up no other.
        await asked.PutAsync("a", "1");
        Assert.Equal(3, asked.Server.Cluster.View.Members.Count);
    }

    // The default of etcd: the removed id stays removed for good, the same URLs may come again.
    [Fact]
    public async Task Member_RemovedAndAddedAgainWithItsUrls_IsANewMember()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember leader = await cluster.LeaderAsync();
        ClusterMember removed = await cluster.FollowerAsync();
        ulong oldId = removed.Id;
        await leader.Server.Proposals.ProposeAsync(new ConfChange(ConfChangeType.RemoveNode, oldId));
        await removed.Server.Termination.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await removed.KillAsync();
        cluster.Members.Remove(removed);

        ClusterMember again = await cluster.AddAsync(removed.Options.Name, via: leader);

        Assert.NotEqual(oldId, again.Id);
        Assert.Equal([oldId], again.Server.Cluster.View.RemovedMemberIds);
    }

    [Fact]
    public async Task Restart_MemberWithTheDataOfARemovedOne_StopsAgain()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember leader = await cluster.LeaderAsync();
        ClusterMember removed = await cluster.FollowerAsync();
        await leader.Server.Proposals.ProposeAsync(new ConfChange(ConfChangeType.RemoveNode, removed.Id));
        await removed.Server.Termination.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await removed.KillAsync();

        await removed.StartAsync();

        Assert.Null(await removed.Server.Termination.WaitAsync(Patience, TestContext.Current.CancellationToken));
    }

    private static async Task<EtcdErrorCode> ErrorOf(ClusterMember member, ConfChange change) =>
        (await Assert.ThrowsAsync<EtcdException>(async () => await member.Server.Proposals.ProposeAsync(change))).Code;
}
