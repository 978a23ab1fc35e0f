using Etcd.Grpc;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Clusters;

/// <summary>A learner's life: it joins, takes all data, refuses what it must, and gets its vote. Beside ours the real one is the control.</summary>
public class LearnerTests
{
    private static readonly RpcMethod<MemberAddRequest, MemberAddResponse> Add =
        new("etcdserverpb.Cluster", "MemberAdd", MemberAddResponse.Parser);

    private static readonly RpcMethod<MemberPromoteRequest, MemberPromoteResponse> Promote =
        new("etcdserverpb.Cluster", "MemberPromote", MemberPromoteResponse.Parser);

    [Theory(Timeout = 55_000, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Ours, ServerKind.Ours)]
    [InlineData(ServerKind.Ours, ServerKind.Real35)]
    [InlineData(ServerKind.Real35, ServerKind.Ours)]
    public async Task Learner_BesideAVoter_ServesLittleUntilItIsPromoted(ServerKind voting, ServerKind learning)
    {
        await using ProcessCluster cluster = await ProcessCluster.StartAsync(voting);
        ClusterMember voter = cluster[0];
        await voter.PutAsync("key", "value");
        ClusterMember learner = cluster.CreateMember(learning);
        MemberAddResponse added = await voter.CallAsync(Add, new MemberAddRequest { PeerURLs = { learner.PeerUrl }, IsLearner = true });
        cluster.Members.Add(learner);
        cluster.Launch(learner, "existing");
        await ClusterMember.UntilAsync(async () => await learner.StatusAsync() is { IsLearner: true });
        await ClusterMember.UntilAsync(async () => await learner.GetAsync("key", serializable: true) == "value");

        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => learner.PutAsync("key", "other"));
        RpcException refusedRead = await Assert.ThrowsAsync<RpcException>(() => learner.GetAsync("key"));
        await ClusterMember.UntilAsync(() => IsPromotedAsync(voter, added.Member.ID));
        await ClusterMember.UntilAsync(async () => await learner.StatusAsync() is { IsLearner: false });
        await learner.PutAsync("key", "mine");

        Assert.Equal((RpcStatusCode.Unavailable, "etcdserver: rpc not supported for learner"), (refused.Code, refused.Message));
        Assert.Equal(refused.Message, refusedRead.Message);
        Assert.Equal("mine", await voter.GetAsync("key"));
    }

    // Refused while the leader has not heard yet that the learner keeps up.
    private static async Task<bool> IsPromotedAsync(ClusterMember voter, ulong learner)
    {
        try
        {
            await voter.CallAsync(Promote, new MemberPromoteRequest { ID = learner });
            return true;
        }
        catch (RpcException refusal) when (refusal.Message == "etcdserver: can only promote a learner member which is in sync with leader")
        {
            return false;
        }
    }
}
