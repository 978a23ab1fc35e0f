using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Clusters;

/// <summary>Members that are not set up as they should be: one clear line, and nothing happens to the rest.</summary>
public class ClusterFaultTests
{
    private const int Limit = 55_000;

    public static IEnumerable<TheoryDataRow<ServerKind>> Kinds() => Subjects.Both();

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Kinds))]
    public async Task Member_OfAnotherClusterAtAPeersAddress_IsIgnoredWithOneLine(ServerKind kind)
    {
        await using ProcessCluster cluster = await ProcessCluster.StartAsync(kind, kind, kind);
        (ClusterMember impostor, ClusterMember follower, ClusterMember leader) = await cluster.WaitForRolesAsync();
        await impostor.KillAsync();
        impostor.Directory = cluster.NewDirectory();

        // Alone in a cluster of its own, on the address of the third member.
        impostor.Launch(impostor.InitialText, "new");
        await impostor.WaitUntilReadyAsync();
        await leader.Process.Log.WaitForAsync(
            line => line.Contains("request sent was ignored by remote peer due to cluster ID mismatch", StringComparison.Ordinal),
            TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        await follower.PutAsync("key", "value");
        Assert.Equal("value", await leader.GetAsync("key"));
        Assert.Null(await impostor.GetAsync("key"));
        if (kind == ServerKind.Ours)
        {
            // Real etcd says it with every attempt, twenty times a second.
            Assert.Single(leader.Process.Log.Lines, line => line.Contains("was ignored by remote peer due to cluster ID mismatch", StringComparison.Ordinal));
        }
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Kinds))]
    public async Task Member_InitialClusterDiffersFromTheOthers_NeverJoinsAndHarmsNobody(ServerKind kind)
    {
        await using ProcessCluster cluster = await ProcessCluster.StartAsync(kind, kind, kind);
        (ClusterMember odd, ClusterMember follower, ClusterMember leader) = await cluster.WaitForRolesAsync();
        await odd.KillAsync();
        odd.Directory = cluster.NewDirectory();

        odd.Launch($"{cluster.InitialCluster},nobody=http://127.0.0.1:1", "new");
        await odd.Process.Log.WaitForAsync(
            line => line.Contains("cluster ID mismatch", StringComparison.Ordinal) || line.Contains("has already been bootstrapped", StringComparison.Ordinal),
            TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        await follower.PutAsync("key", "value");
        Assert.Equal("value", await leader.GetAsync("key"));
    }

    // The two others knock in turn, on two streams and ten times a second each. Real etcd has a line for every knock.
    [Fact(Timeout = Limit)]
    public async Task Member_FirstStartWithAnotherInitialCluster_RefusesEachOfTheOthersWithOneLine()
    {
        await using ProcessCluster cluster = ProcessCluster.Create(ServerKind.Ours, ServerKind.Ours, ServerKind.Ours);
        ClusterMember odd = cluster[2];
        odd.Launch($"{cluster.InitialCluster},nobody=http://127.0.0.1:1", "new");
        cluster.Launch(cluster[0]);
        cluster.Launch(cluster[1]);
        string[] Refusals() => [.. odd.Process.Log.Lines.Where(line => line.Contains("request cluster ID mismatch", StringComparison.Ordinal))];
        await ClusterMember.UntilAsync(() => Task.FromResult(Refusals().Length >= 2));

        await Task.WhenAll(cluster[0].WaitUntilReadyAsync(), cluster[1].WaitUntilReadyAsync());
        for (int number = 0; number < 300; number++)
        {
            await cluster[number % 2].PutAsync("key", "value");
        }

        Assert.Equal(2, Refusals().Length);
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Kinds))]
    public async Task Member_OtherClusterToken_IsKeptApart(ServerKind kind)
    {
        await using ProcessCluster cluster = ProcessCluster.Create(ServerKind.Ours, ServerKind.Ours, kind);
        ClusterMember odd = cluster[2];
        cluster.Launch(cluster[0]);
        cluster.Launch(cluster[1]);
        odd.Launch(cluster.InitialCluster, "new", "--initial-cluster-token", "other");

        await Task.WhenAll(cluster[0].WaitUntilReadyAsync(), cluster[1].WaitUntilReadyAsync());
        await odd.Process.Log.WaitForAsync(
            line => line.Contains("cluster ID mismatch", StringComparison.Ordinal), TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        await cluster[0].PutAsync("key", "value");
        Assert.Equal("value", await cluster[1].GetAsync("key"));
        Assert.Equal(0UL, (await odd.StatusAsync())?.Leader ?? 0);
    }

    // What a member has been started with counts once: configuration is not a way to change a cluster.
    [Theory(Timeout = Limit)]
    [MemberData(nameof(Kinds))]
    public async Task Member_HasData_IgnoresInitialFlags(ServerKind kind)
    {
        await using ProcessCluster cluster = await ProcessCluster.StartAsync(kind);
        ClusterMember member = cluster[0];
        await member.PutAsync("key", "value");
        MemberListResponse before = await member.CallAsync(EtcdMethods.MemberList, new MemberListRequest());
        await member.TerminateAsync();

        member.Launch(
            "nobody=http://127.0.0.1:1,nobody-else=http://127.0.0.1:2", "existing",
            "--initial-cluster-token", "other", "--initial-advertise-peer-urls", "http://127.0.0.1:1");
        await member.WaitUntilReadyAsync();

        MemberListResponse after = await member.CallAsync(EtcdMethods.MemberList, new MemberListRequest());
        Assert.Equal(before.Header.ClusterId, after.Header.ClusterId);
        Assert.Equal(before.Members, after.Members);
        Assert.Equal("value", await member.GetAsync("key"));
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Kinds))]
    public async Task Member_RemovedWhileItWasDown_IsToldSoAndEnds(ServerKind kind)
    {
        await using ProcessCluster cluster = await ProcessCluster.StartAsync(kind, kind, kind);
        (ClusterMember removed, ClusterMember follower, ClusterMember leader) = await cluster.WaitForRolesAsync();
        ulong id = (await removed.StatusAsync())!.Header.MemberId;
        string initialCluster = cluster.InitialCluster;
        await removed.KillAsync();
        await follower.CallAsync(EtcdMethods.MemberRemove, new MemberRemoveRequest { ID = id });
        cluster.Members.Remove(removed);

        await using (removed)
        {
            removed.Launch(initialCluster, "new");
            await removed.Process.WaitForExitAsync();
            Assert.Contains("removed", removed.Process.Log.Text, StringComparison.Ordinal);
            if (kind == ServerKind.Ours)
            {
                // Both others say it on both of its streams.
                Assert.Single(
                    removed.Process.Log.Lines,
                    line => line.Contains("\"msg\":\"the member has been permanently removed from the cluster\"", StringComparison.Ordinal));
            }
        }

        await follower.PutAsync("key", "value");
        Assert.Equal("value", await leader.GetAsync("key"));
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Kinds))]
    public async Task Member_JoinsWithTheWrongList_IsRefusedWithEtcdsWords(ServerKind kind)
    {
        await using ProcessCluster cluster = await ProcessCluster.StartAsync(kind, kind, kind);
        await using ClusterMember stranger = cluster.CreateMember(kind);

        stranger.Launch($"{cluster.InitialCluster},{stranger.InitialText}", "existing");
        await stranger.Process.WaitForExitAsync();

        Assert.Contains("member count is unequal", stranger.Process.Log.Text, StringComparison.Ordinal);
    }
}
