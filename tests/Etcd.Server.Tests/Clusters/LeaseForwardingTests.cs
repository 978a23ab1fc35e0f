using Etcd.Protocol.Rpc;

namespace Etcd.Server.Tests.Clusters;

// Keep-alives and times to live do not go through the log: a member that does not lead brings them to the leader.
public sealed class LeaseForwardingTests
{
    private const long Lease = 77;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Follower_LeaseCalls_AreAnsweredByTheLeader()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember follower = await cluster.FollowerAsync();
        await follower.Server.Leases.GrantAsync(new LeaseGrantRequest { ID = Lease, TTL = 100 });
        await follower.PutAsync("other", "value");
        await follower.Server.KeyValues.PutAsync(new PutRequest { Key = Google.Protobuf.ByteString.CopyFromUtf8("held"), Lease = Lease });

        LeaseKeepAliveResponse renewed = await follower.Server.Leases.RenewAsync(Lease, Cancellation);
        LeaseTimeToLiveResponse left = await TimeToLiveAsync(follower, Lease);

        Assert.Equal((Lease, 100), (renewed.ID, renewed.TTL));
        Assert.Equal(follower.Id, renewed.Header.MemberId);
        Assert.Equal(100, left.GrantedTTL);
        Assert.InRange(left.TTL, 95, 100);
        Assert.Equal(["held"], left.Keys.Select(key => key.ToStringUtf8()));
        Assert.Equal(follower.Id, left.Header.MemberId);
    }

    [Fact]
    public async Task AnyMember_UnknownLease_SaysThatThereIsNone()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        await cluster.LeaderAsync();

        foreach (ClusterMember member in cluster.Members)
        {
            Assert.Equal(0, (await member.Server.Leases.RenewAsync(5, Cancellation)).TTL);
            Assert.Equal(-1, (await TimeToLiveAsync(member, 5)).TTL);
        }
    }

    [Fact]
    public async Task Follower_LeaderChangesMeanwhile_FindsTheNewOne()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember old = await cluster.LeaderAsync();
        await old.Server.Leases.GrantAsync(new LeaseGrantRequest { ID = Lease, TTL = 100 });
        ClusterMember survivor = cluster.Members.First(member => member != old);
        await old.KillAsync();

        LeaseKeepAliveResponse renewed = await survivor.Server.Leases.RenewAsync(Lease, Cancellation);

        Assert.Equal(100, renewed.TTL);
    }

    private static async Task<LeaseTimeToLiveResponse> TimeToLiveAsync(ClusterMember member, long id) =>
        await member.Server.Leases.TimeToLiveAsync(new LeaseTimeToLiveRequest { ID = id, Keys = true }, Cancellation);
}
