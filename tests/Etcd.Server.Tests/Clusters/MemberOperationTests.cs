using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Server.Membership;

namespace Etcd.Server.Tests.Clusters;

// MemberAdd, MemberRemove, MemberUpdate, MemberPromote and MoveLeader as clients of any member call them.
public sealed class MemberOperationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Add_HealthyCluster_ListsAnUnstartedMemberWithEtcdsId()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember follower = await cluster.FollowerAsync();
        DateTimeOffset before = DateTimeOffset.UtcNow;

        MemberAddResponse reply = await AddAsync(follower, "http://m4:2380");

        ulong[] possible = [.. Enumerable.Range(0, 30).Select(s => MemberIds.ForMember(["http://m4:2380"], "", before.AddSeconds(s)))];
        Assert.Contains(reply.Member.ID, possible);
        Assert.Equal(4, reply.Members.Count);
        Assert.Empty(reply.Members.Single(member => member.ID == reply.Member.ID).Name);
        Assert.Equal(0, reply.Header.Revision);
        Assert.Equal(reply.Members.Select(member => member.ID).Order(), reply.Members.Select(member => member.ID));
    }

    [Theory]
    [InlineData("http://m1:2380", EtcdErrorCode.PeerUrlExists)]
    [InlineData("http://m4", EtcdErrorCode.MemberBadUrls)]
    [InlineData("m4:2380", EtcdErrorCode.MemberBadUrls)]
    [InlineData("ftp://m4:2380", EtcdErrorCode.MemberBadUrls)]
    [InlineData("http://m4:2380/path", EtcdErrorCode.MemberBadUrls)]
    public async Task Add_UnusableUrl_IsRefused(string url, EtcdErrorCode expected)
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember leader = await cluster.LeaderAsync();

        Assert.Equal(expected, await RefusalAsync(() => AddAsync(leader, url)));
    }

    [Fact]
    public async Task Add_OneOfThreeIsDown_IsUnhealthy()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember leader = await cluster.LeaderAsync();
        await cluster.Members.First(member => member != leader).KillAsync();

        Assert.Equal(EtcdErrorCode.Unhealthy, await RefusalAsync(() => AddAsync(leader, "http://m4:2380")));
        Assert.Equal(EtcdErrorCode.Unhealthy, await RefusalAsync(() => AddAsync(leader, "http://m4:2380", asLearner: true)));
    }

    [Fact]
    public async Task Add_SecondLearner_IsOneTooMany()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember leader = await cluster.LeaderAsync();
        await AddAsync(leader, "http://m4:2380", asLearner: true);

        Assert.Equal(EtcdErrorCode.TooManyLearners, await RefusalAsync(() => AddAsync(leader, "http://m5:2380", asLearner: true)));
    }

    [Fact]
    public async Task Add_ThirdMemberThatHasNotStarted_IsRefused()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember leader = await cluster.LeaderAsync();
        await AddAsync(leader, "http://m4:2380");
        await AddAsync(leader, "http://m5:2380");

        Assert.Equal(EtcdErrorCode.MemberNotEnoughStarted, await RefusalAsync(() => AddAsync(leader, "http://m6:2380")));
    }

    [Fact]
    public async Task Remove_ActiveMemberWhileAnotherIsDown_IsUnhealthy()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember leader = await cluster.LeaderAsync();
        ClusterMember[] others = [.. cluster.Members.Where(member => member != leader)];
        ulong down = others[0].Id;
        await others[0].KillAsync();

        Assert.Equal(EtcdErrorCode.Unhealthy, await RefusalAsync(() => RemoveAsync(leader, others[1].Id)));
        MemberRemoveResponse reply = await RemoveAsync(leader, down);

        Assert.Equal(2, reply.Members.Count);
        Assert.Equal(EtcdErrorCode.MemberRemoved, await RefusalAsync(() => RemoveAsync(leader, down)));
    }

    [Fact]
    public async Task Remove_UnknownId_IsNotFound()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember follower = await cluster.FollowerAsync();

        Assert.Equal(EtcdErrorCode.MemberNotFound, await RefusalAsync(() => RemoveAsync(follower, 5)));
    }

    [Fact]
    public async Task Update_Learner_KeepsItALearner()
    {
        // etcd before 3.5.31 made a voter of it.
        await using TestCluster cluster = await StartAsync();
        ClusterMember leader = await cluster.LeaderAsync();
        ulong learner = (await AddAsync(leader, "http://m4:2380", asLearner: true)).Member.ID;

        MemberUpdateResponse reply = await leader.Server.Cluster.UpdateAsync(
            new MemberUpdateRequest { ID = learner, PeerURLs = { "http://m9:2380" } }, Cancellation);

        Protocol.Rpc.Member updated = reply.Members.Single(member => member.ID == learner);
        Assert.True(updated.IsLearner);
        Assert.Equal(["http://m9:2380"], updated.PeerURLs);
    }

    // That there is no such member comes before a word about the URLs, as in etcd.
    [Theory]
    [InlineData(false, "http://m9:2380", EtcdErrorCode.MemberNotFound)]
    [InlineData(false, "m9", EtcdErrorCode.MemberNotFound)]
    [InlineData(true, "m9", EtcdErrorCode.MemberBadUrls)]
    [InlineData(true, "http://m1:2380", EtcdErrorCode.PeerUrlExists)]
    public async Task Update_UnknownMemberOrUnusableUrl_IsRefused(bool isKnown, string url, EtcdErrorCode expected)
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember follower = await cluster.FollowerAsync();
        var request = new MemberUpdateRequest { ID = isKnown ? cluster.Members[1].Id : 5, PeerURLs = { url } };

        Assert.Equal(expected, await RefusalAsync(() => follower.Server.Cluster.UpdateAsync(request, Cancellation).AsTask()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Promote_AskedOfAnyMember_IsRefusedByTheLeadersRules(bool throughLeader)
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember asked = throughLeader ? await cluster.LeaderAsync() : await cluster.FollowerAsync();
        ulong behind = (await AddAsync(asked, "http://m4:2380", asLearner: true)).Member.ID;

        Assert.Equal(EtcdErrorCode.LearnerNotReady, await RefusalAsync(() => PromoteAsync(asked, behind)));
        Assert.Equal(EtcdErrorCode.MemberNotLearner, await RefusalAsync(() => PromoteAsync(asked, asked.Id)));
        Assert.Equal(EtcdErrorCode.MemberNotFound, await RefusalAsync(() => PromoteAsync(asked, 5)));
    }

    [Fact]
    public async Task Promote_LearnerThatKeepsUp_BecomesAVoterThroughAFollower()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember leader = await cluster.LeaderAsync();
        ClusterMember learner = await cluster.AddAsync("m4", leader, isLearner: true);
        Assert.True(learner.Server.IsLearner);
        await leader.PutAsync("key", "value");
        await TestCluster.UntilAsync(() => learner.Server.Maintenance.Status().RaftAppliedIndex >= leader.Server.Maintenance.Status().RaftAppliedIndex);

        MemberPromoteResponse reply = await PromoteAsync(cluster.Members.First(member => member != leader && member != learner), learner.Id);

        Assert.False(reply.Members.Single(member => member.ID == learner.Id).IsLearner);
        await TestCluster.UntilAsync(() => !learner.Server.IsLearner);
        Assert.Equal("value", await learner.GetAsync("key"));
    }

    [Fact]
    public async Task MoveLeader_OnlyTheLeaderMoves_ToAVoter()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember leader = await cluster.LeaderAsync();
        ClusterMember follower = await cluster.FollowerAsync();

        Assert.Equal(EtcdErrorCode.NotLeader, await RefusalAsync(() => MoveAsync(follower, follower.Id)));
        Assert.Equal(EtcdErrorCode.BadLeaderTransferee, await RefusalAsync(() => MoveAsync(leader, 5)));
        await MoveAsync(leader, follower.Id);

        Assert.Equal(follower, await cluster.LeaderAsync());
    }

    // Connected from the first moment on: the real five seconds would be waited for in every test.
    private static Task<TestCluster> StartAsync() =>
        TestCluster.StartAsync(3, options => options with { PeerHealthInterval = TimeSpan.Zero });

    private static Task<MemberAddResponse> AddAsync(ClusterMember member, string url, bool asLearner = false) =>
        member.Server.Cluster.AddAsync(new MemberAddRequest { PeerURLs = { url }, IsLearner = asLearner }, Cancellation).AsTask();

    private static Task<MemberRemoveResponse> RemoveAsync(ClusterMember member, ulong id) =>
        member.Server.Cluster.RemoveAsync(new MemberRemoveRequest { ID = id }, Cancellation).AsTask();

    private static Task<MemberPromoteResponse> PromoteAsync(ClusterMember member, ulong id) =>
        member.Server.Cluster.PromoteAsync(new MemberPromoteRequest { ID = id }, authorization: null, Cancellation).AsTask();

    private static Task<MoveLeaderResponse> MoveAsync(ClusterMember member, ulong to) =>
        member.Server.Maintenance.MoveLeaderAsync(new MoveLeaderRequest { TargetID = to }, Cancellation).AsTask();

    private static async Task<EtcdErrorCode> RefusalAsync(Func<Task> call) => (await Assert.ThrowsAsync<EtcdException>(call)).Code;
}
