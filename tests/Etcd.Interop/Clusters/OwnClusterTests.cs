using Etcd.Grpc;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Clusters;

/// <summary>Clusters of this repository's server: they form, serve through every member, and keep what they acknowledged while members are killed,
/// frozen and started again.</summary>
public class OwnClusterTests
{
    private const int Limit = 55_000;

    private static readonly ServerKind[] Three = [ServerKind.Ours, ServerKind.Ours, ServerKind.Ours];

    [Fact(Timeout = Limit)]
    public async Task ThreeMembers_Started_ServeEverythingThroughEveryMember()
    {
        await using ProcessCluster cluster = await ProcessCluster.StartAsync(Three);

        await ClusterWork.CheckAllAsync(cluster, "three/");
    }

    [Fact(Timeout = Limit)]
    public async Task FiveMembers_TwoKilled_GoOnAndTakeThemBack()
    {
        await using ProcessCluster cluster = await ProcessCluster.StartAsync([.. Three, ServerKind.Ours, ServerKind.Ours]);
        await using ClusterLoad load = ClusterLoad.Start(cluster, "five/");
        await load.MakeProgressAsync();
        ClusterMember leader = await cluster.WaitForLeaderAsync();
        ClusterMember other = cluster.Members.First(member => member != leader);

        await leader.KillAsync();
        await other.KillAsync();
        await load.MakeProgressAsync();
        await cluster.StartAsync(leader);
        await cluster.StartAsync(other);

        await load.EndAndCheckAsync();
        await cluster.CheckSameContentAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task ThreeMembers_EachKilledInTurnUnderLoad_KeepEveryAcknowledgedWrite()
    {
        await using ProcessCluster cluster = await ProcessCluster.StartAsync(Three);
        await using ClientsAtWork clients = ClientsAtWork.Start(cluster, "turn/");

        foreach (ClusterMember member in cluster.Members)
        {
            await clients.MakeProgressAsync();
            await member.KillAsync();
            await clients.MakeProgressAsync();
            await cluster.StartAsync(member);
        }

        await clients.EndAndCheckAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task ThreeMembers_AllKilledUnderLoad_HaveEveryAcknowledgedWriteWhenTheyAreBack()
    {
        await using ProcessCluster cluster = await ProcessCluster.StartAsync(Three);
        await using ClientsAtWork clients = ClientsAtWork.Start(cluster, "all/");
        await clients.MakeProgressAsync(1000);

        await Task.WhenAll(cluster.Members.Select(member => member.KillAsync()));
        foreach (ClusterMember member in cluster.Members)
        {
            cluster.Launch(member);
        }

        await cluster.WaitUntilReadyAsync();
        await clients.MakeProgressAsync();
        await clients.EndAndCheckAsync();
    }

    // #20418: a leader that was frozen must not answer from what it knew before.
    [Fact(Timeout = Limit)]
    public async Task ThreeMembers_LeaderFrozenUnderLoad_AnotherLeadsAndTheOldOneReadsNothingStale()
    {
        await using ProcessCluster cluster = await ProcessCluster.StartAsync(Three);
        await using ClientsAtWork clients = ClientsAtWork.Start(cluster, "frozen/");
        await clients.MakeProgressAsync();
        ClusterMember frozen = await cluster.WaitForLeaderAsync();
        await frozen.PutAsync("state", "old");

        frozen.Freeze();
        ClusterMember leader = await cluster.WaitForLeaderAsync(except: frozen);
        await leader.PutAsync("state", "new");
        await clients.MakeProgressAsync();
        frozen.Thaw();

        Assert.Equal("new", await ReadOnceItFollowsAsync(frozen, "state"));
        await cluster.WaitForLeaderAsync();
        await clients.EndAndCheckAsync();
    }

    // A read that reaches it before the new leader's first word does is refused in etcd's words; that is no stale answer.
    private static async Task<string?> ReadOnceItFollowsAsync(ClusterMember member, string key)
    {
        while (true)
        {
            try
            {
                return await member.GetAsync(key);
            }
            catch (RpcException refusal) when (refusal.Message == "etcdserver: leader changed")
            {
                // It is asked again.
            }
        }
    }

    [Fact(Timeout = Limit)]
    public async Task ThreeMembers_EachStoppedInOrderUnderLoad_HandLeadershipOverAndLoseNothing()
    {
        await using ProcessCluster cluster = await ProcessCluster.StartAsync(Three);
        await using ClientsAtWork clients = ClientsAtWork.Start(cluster, "rolling/");

        foreach (ClusterMember member in cluster.Members)
        {
            await clients.MakeProgressAsync();
            Assert.Equal(0, await member.TerminateAsync());
            await clients.MakeProgressAsync();
            await cluster.StartAsync(member);
        }

        await clients.EndAndCheckAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task ThreeMembers_QuorumGone_RefuseWritesReadSerializablyAndResumeByThemselves()
    {
        await using ProcessCluster cluster = await ProcessCluster.StartAsync(Three);
        await cluster[0].PutAsync("kept", "value");
        await cluster[0].GetAsync("kept");
        ClusterMember leader = await cluster.WaitForLeaderAsync();
        ClusterMember[] others = [.. cluster.Members.Where(member => member != leader)];

        others[0].Freeze();
        others[1].Freeze();
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => leader.PutAsync("lost", "value"));
        Assert.Equal(RpcStatusCode.Unavailable, refused.Code);
        Assert.StartsWith("etcdserver: request timed out", refused.Message, StringComparison.Ordinal);
        Assert.Equal("value", await leader.GetAsync("kept", serializable: true));
        others[0].Thaw();
        others[1].Thaw();

        await ClusterMember.UntilAsync(() => SucceedsAsync(leader.PutAsync("after", "value", TimeSpan.FromSeconds(3))));
        Assert.Equal("value", await others[1].GetAsync("after"));
        await cluster.CheckSameContentAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task Member_FarBehindItsLeadersLog_IsCaughtUpByASnapshot()
    {
        await using ProcessCluster cluster = await ProcessCluster.StartWithShortLogsAsync(Three);
        ClusterMember leader = await cluster.WaitForLeaderAsync();
        ClusterMember behind = cluster.Members.First(member => member != leader);
        await behind.KillAsync();
        await using (ClusterLoad load = ClusterLoad.Start(cluster, "behind/"))
        {
            await load.MakeProgressAsync(3000);
            await cluster.StartAsync(behind);
            await load.EndAndCheckAsync();
        }

        Assert.Contains("received and saved database snapshot", behind.Process.Log.Text, StringComparison.Ordinal);
        await ClusterWork.CheckAllAsync(cluster, "behind-after/");
    }

    private static async Task<bool> SucceedsAsync(Task call)
    {
        try
        {
            await call;
            return true;
        }
        catch (RpcException)
        {
            // Not yet.
            return false;
        }
    }
}
