using Etcd.Grpc;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Clusters;

/// <summary>How people move to this server without downtime, and back if they must: one member after the other, while clients write.</summary>
public class RollingReplacementTests
{
    [Theory(Timeout = 58_000, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Real35, ServerKind.Ours)]
    [InlineData(ServerKind.Ours, ServerKind.Real35)]
    [InlineData(ServerKind.Real34, ServerKind.Ours)]
    public async Task Members_RemovedAndAddedAsTheOtherKindUnderLoad_LoseNothing(ServerKind before, ServerKind after)
    {
        await using ProcessCluster cluster = await ProcessCluster.StartAsync(before, before, before);
        await using ClusterLoad load = ClusterLoad.Start(cluster, "replace/");
        await load.MakeProgressAsync();

        foreach (ClusterMember old in cluster.Members.ToArray())
        {
            await ReplaceAsync(cluster, old, after);
            await load.MakeProgressAsync(100);
        }

        Assert.All(cluster.Members, member => Assert.Equal(after, member.Kind));
        await load.EndAndCheckAsync();
        await cluster.CheckSameContentAsync();
    }

    // The other way: the same member on the same data, run by the other program.
    [Theory(Timeout = 58_000, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Real35)]
    public async Task Members_StoppedAndStartedAsTheOtherKindAndBackUnderLoad_LoseNothing(ServerKind real)
    {
        await using ProcessCluster cluster = await ProcessCluster.StartAsync(real, real, real);
        await using ClusterLoad load = ClusterLoad.Start(cluster, "swap/");
        foreach (ServerKind next in new[] { ServerKind.Ours, real })
        {
            foreach (ClusterMember member in cluster.Members)
            {
                await load.MakeProgressAsync(100);
                await member.TerminateAsync();
                member.Kind = next;
                await cluster.StartAsync(member);
            }
        }

        await load.MakeProgressAsync(100);
        await load.EndAndCheckAsync();
        await cluster.CheckSameContentAsync();
    }

    private static async Task ReplaceAsync(ProcessCluster cluster, ClusterMember old, ServerKind kind)
    {
        ulong oldId = (await old.StatusAsync())!.Header.MemberId;
        ClusterMember other = cluster.Members.First(member => member != old);

        // A change that is asked for while the leader dies is lost on its way; whoever replaces a leader lets another lead first.
        await cluster.MoveLeaderAsync(other);
        await InsistAsync(() => other.CallAsync(EtcdMethods.MemberRemove, new MemberRemoveRequest { ID = oldId }));
        cluster.Members.Remove(old);
        await old.KillAsync();
        await old.DisposeAsync();

        ClusterMember added = cluster.CreateMember(kind);
        await InsistAsync(() => other.CallAsync(EtcdMethods.MemberAdd, new MemberAddRequest { PeerURLs = { added.PeerUrl } }));
        cluster.Members.Add(added);
        await cluster.StartAsync(added, "existing");
    }

    // A change of the membership is refused for a few seconds after the last one, until all members have been seen for long enough.
    private static Task InsistAsync<T>(Func<Task<T>> change) => ClusterMember.UntilAsync(async () =>
    {
        try
        {
            await change();
            return true;
        }
        catch (RpcException refused) when (refused.Code is RpcStatusCode.Unavailable)
        {
            // As "etcdserver: unhealthy cluster".
            return false;
        }
    });
}
