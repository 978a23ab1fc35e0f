using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Server.Tests.Clusters;

// Leases act only under confirmed leadership.
public sealed class LeaseTests
{
    [Fact]
    public async Task Lease_LeaderChanges_KeysLiveOnAndGoWithIt()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember leader = await cluster.LeaderAsync();
        await leader.Server.Leases.GrantAsync(new LeaseGrantRequest { ID = 7, TTL = 1 });
        await leader.Server.KeyValues.PutAsync(
            new PutRequest { Key = ByteString.CopyFromUtf8("a"), Value = ByteString.CopyFromUtf8("1"), Lease = 7 });

        await leader.KillAsync();
        ClusterMember next = await cluster.LeaderAsync();
        Assert.Equal("1", await next.GetAsync("a"));

        await TestCluster.UntilAsync(() => next.Server.Readings.LeasesRevoked > 0);
        Assert.Null(await next.GetAsync("a"));
    }

    // etcd: without checkpoints a lease has its whole life again with every new leader, and one whose leader changes often enough never ends.
    [Fact]
    public async Task Lease_LeaderChanges_GoesOnFromItsCheckpoint()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3, options => options with
        {
            LeaseCheckpoints = true,
            LeaseCheckpointInterval = TimeSpan.FromMilliseconds(100),
        });
        ClusterMember leader = await cluster.LeaderAsync();
        await leader.Server.Leases.GrantAsync(new LeaseGrantRequest { ID = 7, TTL = 600 });
        ClusterMember next = await cluster.FollowerAsync();
        await TestCluster.UntilAsync(() => leader.Server.Lessor.TimeToLive(7, withKeys: false)?.RemainingTtlSeconds <= 597);
        ulong seen = leader.Server.Readings.AppliedIndex;
        await TestCluster.UntilAsync(() => next.Server.Readings.AppliedIndex > seen);

        await leader.Server.Handover.MoveAsync(next.Id, TestContext.Current.CancellationToken);
        await TestCluster.UntilAsync(() => next.Server.Lessor.TimeToLive(7, withKeys: false)?.RemainingTtlSeconds > 0);

        long remaining = next.Server.Lessor.TimeToLive(7, withKeys: false)!.RemainingTtlSeconds ?? 0;
        Assert.InRange(remaining, 1, 598);
    }

    // Incident #15247: a keep-alive was acknowledged by a leader that led no more.
    [Fact]
    public async Task KeepAlive_OnALeaderCutOff_IsNotAcknowledged()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember old = await cluster.LeaderAsync();
        await old.Server.Leases.GrantAsync(new LeaseGrantRequest { ID = 7, TTL = 600 });

        cluster.Network.Isolate(old.Id, cluster.Ids);

        await Assert.ThrowsAsync<EtcdException>(
            () => old.Server.Leases.RenewAsync(7, TestContext.Current.CancellationToken).AsTask());
    }

    // Incident #15247: a keep-alive was acknowledged after the end of its lease was. Here by a leader that has still to apply it.
    [Fact]
    public async Task KeepAlive_LeaderHasNotAppliedARevokeAcknowledgedElsewhere_FindsNoLease()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        await using TestCluster cluster = await TestCluster.StartHoldingAsync(3, "etcd-apply");
        ClusterMember leader = await cluster.LeaderAsync();
        ClusterMember follower = await cluster.FollowerAsync();
        await leader.Server.Leases.GrantAsync(new LeaseGrantRequest { ID = 7, TTL = 600 });
        await leader.Server.Leases.GrantAsync(new LeaseGrantRequest { ID = 8, TTL = 600 });

        leader.Holding!.Hold();
        await follower.Server.Leases.RevokeAsync(new LeaseRevokeRequest { ID = 7 });
        Task<LeaseKeepAliveResponse> renewal = leader.Server.Leases.RenewAsync(7, cancellation).AsTask();

        // Those of another lease do not wait for apply. By the time they are answered, the one asked before them would have been, too.
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(600, (await leader.Server.Leases.RenewAsync(8, cancellation)).TTL);
        }

        leader.Holding.Release();
        Assert.Equal(0, (await renewal).TTL);
    }

    // Incident #15247: a leader that had been paused had its revokes carried out by its successor.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Revoke_DecidedInAnEarlierTerm_ReachesNoLog(ulong termsAgo)
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember leader = await cluster.LeaderAsync();
        ClusterMember follower = await cluster.FollowerAsync();
        await leader.Server.Leases.GrantAsync(new LeaseGrantRequest { ID = 7, TTL = 600 });
        ulong term = leader.Server.Headers.Term - termsAgo;
        ClusterMember proposer = termsAgo == 0 ? follower : leader;

        var revoke = new InternalRaftRequest { LeaseRevoke = new LeaseRevokeRequest { ID = 7 } };
        EtcdException refusal = await Assert.ThrowsAsync<EtcdException>(
            async () => await proposer.Server.Proposals.ProposeAsLeaderAsync(revoke, term));

        Assert.Equal(EtcdErrorCode.NotLeader, refusal.Code);
        LeaseLeasesResponse leases = await leader.Server.Leases.ListAsync(TestContext.Current.CancellationToken);
        Assert.Equal(7, Assert.Single(leases.Leases).ID);
    }
}
