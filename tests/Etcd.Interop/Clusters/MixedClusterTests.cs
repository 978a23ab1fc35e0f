using Etcd.Interop.Observability;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Clusters;

/// <summary>This repository's server and real etcd 3.4 and 3.5 as members of one cluster, with either as leader.</summary>
public class MixedClusterTests
{
    private const int Limit = 55_000;

    [Theory(Timeout = Limit, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Ours, ServerKind.Real35, ServerKind.Real35)]
    [InlineData(ServerKind.Ours, ServerKind.Ours, ServerKind.Real35)]
    [InlineData(ServerKind.Ours, ServerKind.Real34, ServerKind.Real34)]
    [InlineData(ServerKind.Ours, ServerKind.Ours, ServerKind.Real34)]
    [InlineData(ServerKind.Ours, ServerKind.Real34, ServerKind.Real35)]
    public async Task Members_OfDifferentKinds_ServeEverythingWhoeverLeads(ServerKind one, ServerKind two, ServerKind three)
    {
        await using ProcessCluster cluster = await ProcessCluster.StartAsync(one, two, three);

        foreach (ClusterMember leader in cluster.Members)
        {
            await cluster.MoveLeaderAsync(leader);
            await ClusterWork.CheckAllAsync(cluster, $"led-by-{leader.Name}/");
        }
    }

    [Theory(Timeout = Limit, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Real34)]
    [InlineData(ServerKind.Real35)]
    public async Task Members_EachKilledInTurnUnderLoad_KeepEveryAcknowledgedWrite(ServerKind real)
    {
        await using ProcessCluster cluster = await ProcessCluster.StartAsync(ServerKind.Ours, real, ServerKind.Ours);
        await using ClusterLoad load = ClusterLoad.Start(cluster, "mixed/");

        foreach (ClusterMember member in cluster.Members)
        {
            await load.MakeProgressAsync();
            await member.KillAsync();
            await load.MakeProgressAsync();
            await cluster.StartAsync(member);
        }

        await load.EndAndCheckAsync();
        await cluster.CheckSameContentAsync();
    }

    // Each goes on from what the other, as leader, had said was left of a lease: without that it has its whole life again.
    [Theory(Timeout = Limit, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task LeaseCheckpoints_OfOurs_AreTakenByRealEtcdOverALeaderChangeAndARestart(bool restarts)
    {
        const long Granted = 600;
        const long Left = 594;
        string[] flags = ["--experimental-enable-lease-checkpoint", "--experimental-enable-lease-checkpoint-persist"];
        await using ProcessCluster cluster = ProcessCluster.Create(ServerKind.Ours, ServerKind.Real35, ServerKind.Real35);
        foreach (ClusterMember member in cluster.Members)
        {
            member.Launch(cluster.InitialCluster, "new", member.Kind == ServerKind.Ours ? [.. flags, "--lease-checkpoint-interval", "1s"] : flags);
        }

        await cluster.WaitUntilReadyAsync();
        await cluster.MoveLeaderAsync(cluster[0]);
        long id = (await cluster[0].CallAsync(EtcdMethods.LeaseGrant, new LeaseGrantRequest { TTL = Granted })).ID;
        await ClusterMember.UntilAsync(async () => await LeftOfAsync(cluster[0], id) <= Left);

        // What was left is told once a second.
        ClusterMember next = cluster[1];
        await next.PutAsync("a", "1");
        if (restarts)
        {
            foreach (ClusterMember member in cluster.Members)
            {
                await member.KillAsync();
            }

            foreach (ClusterMember member in cluster.Members)
            {
                member.Launch(cluster.InitialCluster, "new", flags);
            }

            await cluster.WaitUntilReadyAsync();
        }

        await cluster.MoveLeaderAsync(next);
        Assert.InRange(await LeftOfAsync(next, id), 1, Left + 4);
    }

    private static async Task<long> LeftOfAsync(ClusterMember member, long lease) =>
        (await member.CallAsync(EtcdMethods.LeaseTimeToLive, new LeaseTimeToLiveRequest { ID = lease })).TTL;

    // A member that is far behind gets the database of the leader, whichever kind either of them is.
    [Theory(Timeout = Limit, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Ours, ServerKind.Real35)]
    [InlineData(ServerKind.Real35, ServerKind.Ours)]
    [InlineData(ServerKind.Ours, ServerKind.Real34)]
    [InlineData(ServerKind.Real34, ServerKind.Ours)]
    public async Task Member_FarBehindALeaderOfTheOtherKind_IsCaughtUpByItsSnapshot(ServerKind leading, ServerKind lagging)
    {
        int writes = leading == ServerKind.Real34 ? 6500 : 1500;
        await using ProcessCluster cluster = await ProcessCluster.StartWithShortLogsAsync(leading, lagging, leading);
        await cluster.MoveLeaderAsync(cluster[0]);
        await cluster[1].KillAsync();
        await using (ClusterLoad load = ClusterLoad.Start(cluster, "behind/"))
        {
            await load.MakeProgressAsync(writes);
            await cluster.StartAsync(cluster[1]);
            await load.EndAndCheckAsync();
        }

        Assert.Contains("received and saved database snapshot", cluster[1].Process.Log.Text, StringComparison.Ordinal);
        Assert.True(await SumAsync(cluster[0], "etcd_network_snapshot_send_total_duration_seconds_count") > 0);
        Assert.True(await SumAsync(cluster[1], "etcd_network_snapshot_receive_total_duration_seconds_count") > 0);
        await ClusterWork.CheckAllAsync(cluster, "afterwards/");
    }

    private static async Task<double> SumAsync(ClusterMember member, string metric) =>
        (await MetricsPage.ReadAsync($"127.0.0.1:{member.ClientPort}")).Sum(metric);
}
