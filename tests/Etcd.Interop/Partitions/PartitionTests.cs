using Etcd.Grpc;
using Etcd.Interop.Clusters;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Networks;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Partitions;

/// <summary>Members that lose each other on a real network, while clients work on all of them.</summary>
public class PartitionTests
{
    private const int Limit = 58_000;

    private static readonly TimeSpan Shortly = TimeSpan.FromSeconds(3);

    // #20418: a leader without its quorum must not answer from what it knows.
    [Theory(Timeout = Limit, SkipUnless = nameof(NetworkNamespace.IsAllowed), SkipType = typeof(NetworkNamespace), Skip = NetworkNamespace.ForbiddenReason)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task Leader_CutOffWithAMinority_OthersGoOnAndItConfirmsNothing(int members)
    {
        await using PartitionedCluster cluster = await PartitionedCluster.StartAsync([.. Enumerable.Repeat(ServerKind.Ours, members)]);
        (int leader, int[] followers) = await cluster.RolesAsync();
        ClusterMember cutOff = cluster.Members[leader];

        await cluster.Network.SplitAsync([leader, .. followers.Take((members / 2) - 1)]);
        await cluster.MakeProgressAsync();

        await Assert.ThrowsAsync<RpcException>(() => cutOff.PutAsync("unanswered", "value", Shortly));
        await Assert.ThrowsAsync<RpcException>(() => cutOff.CallAsync(
            EtcdMethods.Range, new RangeRequest { Key = ClusterMember.Text("register") }, Shortly));
        Assert.NotNull(await cutOff.GetAsync("register", serializable: true));
        await cluster.MakeProgressAsync();
        await cluster.HealAndCheckAsync();
    }

    // What it sends is lost, what others send arrives: it must not lead on for ever unheard.
    [Fact(Timeout = Limit, SkipUnless = nameof(NetworkNamespace.IsAllowed), SkipType = typeof(NetworkNamespace), Skip = NetworkNamespace.ForbiddenReason)]
    public async Task Leader_IsNotHeardByAnybody_AnotherOneLeads()
    {
        await using PartitionedCluster cluster = await PartitionedCluster.StartAsync(ServerKind.Ours, ServerKind.Ours, ServerKind.Ours);
        (int leader, int[] followers) = await cluster.RolesAsync();

        await Task.WhenAll(followers.Select(follower => cluster.Network.CutAsync(leader, follower)));
        await cluster.WaitForLeaderAsync(except: cluster.Members[leader]);
        await cluster.MakeProgressAsync();

        await cluster.HealAndCheckAsync();
    }

    [Fact(Timeout = Limit, SkipUnless = nameof(NetworkNamespace.IsAllowed), SkipType = typeof(NetworkNamespace), Skip = NetworkNamespace.ForbiddenReason)]
    public async Task Follower_HearsNobody_DisturbsNobody()
    {
        await using PartitionedCluster cluster = await PartitionedCluster.StartAsync(ServerKind.Ours, ServerKind.Ours, ServerKind.Ours);
        (int leader, int[] followers) = await cluster.RolesAsync();
        int deaf = followers[0];

        await Task.WhenAll(cluster.Network.CutAsync(leader, deaf), cluster.Network.CutAsync(followers[1], deaf));
        await ClusterMember.UntilAsync(async () => await cluster.Members[deaf].StatusAsync() is { Leader: 0 });
        await cluster.MakeProgressAsync();

        Assert.Same(cluster.Members[leader], await cluster.WaitForLeaderAsync(except: cluster.Members[deaf]));
        await cluster.HealAndCheckAsync();
    }

    // One member is the bridge between two that do not reach each other: there is a quorum, so the cluster must settle.
    [Fact(Timeout = Limit, SkipUnless = nameof(NetworkNamespace.IsAllowed), SkipType = typeof(NetworkNamespace), Skip = NetworkNamespace.ForbiddenReason)]
    public async Task LeaderAndAFollower_ReachEachOtherThroughNobodyButTheThird_ClusterGoesOn()
    {
        await using PartitionedCluster cluster = await PartitionedCluster.StartAsync(ServerKind.Ours, ServerKind.Ours, ServerKind.Ours);
        (int leader, int[] followers) = await cluster.RolesAsync();

        await cluster.Network.CutBothAsync(leader, followers[0]);
        await ClusterMember.UntilAsync(async () => await cluster.Members[followers[0]].StatusAsync() is not { Leader: var known } || known == 0);
        await cluster.MakeProgressAsync();
        await cluster.MakeProgressAsync();

        await cluster.HealAndCheckAsync();
    }

    [Theory(Timeout = Limit, SkipUnless = nameof(CanMix), Skip = "real etcd and network namespaces are needed")]
    [InlineData(ServerKind.Ours)]
    [InlineData(ServerKind.Real35)]
    [InlineData(ServerKind.Real34)]
    public async Task MixedCluster_LeaderCutOff_OthersGoOn(ServerKind leading)
    {
        ServerKind real = leading == ServerKind.Ours ? ServerKind.Real35 : leading;
        await using PartitionedCluster cluster = await PartitionedCluster.StartAsync(ServerKind.Ours, real, ServerKind.Ours);
        ClusterMember leader = cluster.Members.First(member => member.Kind == leading);
        await cluster.MoveLeaderAsync(leader);

        await cluster.Network.SplitAsync(cluster.NumberOf(leader));
        await cluster.WaitForLeaderAsync(except: leader);
        await cluster.MakeProgressAsync();

        await cluster.HealAndCheckAsync();
    }

    public static bool CanMix => RealEtcd.IsPresent && NetworkNamespace.IsAllowed;
}
