using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Raft;
using Etcd.Server.Limits.Prefixes;
using Etcd.Server.Tests.Clusters;

using Google.Protobuf;

namespace Etcd.Server.Tests.Limits;

// A write whose caller was told that time is up may still be applied: until that is decided, its room is nobody else's.
public sealed class UndecidedClaimTests
{
    [Fact]
    public async Task Put_TimesOutAndIsAppliedLater_KeepsItsRoomUntilThen()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember leader = await cluster.LeaderAsync();
        await LimitToOneKeyAsync(leader);

        // All have the entry, and the leader does not hear so.
        cluster.Network.Passes = message => message.Type != MessageType.AppendResponse;

        await TimesOutAsync(leader.PutAsync("/a/1", "x"));
        EtcdException refusal = await Assert.ThrowsAsync<EtcdException>(() => leader.PutAsync("/a/2", "x"));
        Assert.Equal(EtcdErrorCode.PrefixQuotaExceeded, refusal.Code);
        Assert.Equal(0, Assert.Single(leader.Server.Quotas.Usage).Keys);

        cluster.Network.Passes = static _ => true;
        await TestCluster.UntilAsync(() => leader.Server.Quotas.Usage.Single().Keys == 1);
        await leader.Server.KeyValues.DeleteRangeAsync(new DeleteRangeRequest { Key = ByteString.CopyFromUtf8("/a/1") });
        await PutOnceThereIsRoomAsync(leader, "/a/2");

        Assert.Equal(1, Assert.Single(leader.Server.Quotas.Usage).Keys);
    }

    [Fact]
    public async Task Put_TimesOutAndIsLost_GivesItsRoomBack()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember leader = await cluster.LeaderAsync();
        await LimitToOneKeyAsync(leader);
        cluster.Network.Isolate(leader.Id, cluster.Ids);
        Task<long> lost = leader.PutAsync("/a/1", "x");
        ClusterMember next = await cluster.LeaderAsync(cluster.Members.Where(member => member != leader));
        await next.PutAsync("b", "1");
        await TimesOutAsync(lost);

        cluster.Network.Heal();
        await PutOnceThereIsRoomAsync(leader, "/a/2");

        Assert.Null(await leader.GetAsync("/a/1"));
        Assert.Equal(1, Assert.Single(leader.Server.Quotas.Usage).Keys);
    }

    private static Task LimitToOneKeyAsync(ClusterMember member) =>
        member.Server.Quotas.SetAsync([new PrefixQuota("/a/"u8.ToArray(), KeysMax: 1, BytesMax: 0)]);

    private static async Task TimesOutAsync(Task<long> put)
    {
        EtcdException late = await Assert.ThrowsAsync<EtcdException>(() => put);
        Assert.True(UndecidedClaims.IsUndecided(late), late.Message);
    }

    private static async Task PutOnceThereIsRoomAsync(ClusterMember member, string key)
    {
        while (true)
        {
            try
            {
                await member.PutAsync(key, "x");
                return;
            }
            catch (EtcdException refusal) when (refusal.Code == EtcdErrorCode.PrefixQuotaExceeded)
            {
                // There is no event to await: asked until there is room.
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }
        }
    }
}
