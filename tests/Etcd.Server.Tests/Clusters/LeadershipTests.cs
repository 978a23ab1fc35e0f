using Etcd.Protocol.Errors;

namespace Etcd.Server.Tests.Clusters;

// Elections, and what becomes of requests around them.
public sealed class LeadershipTests
{
    [Fact]
    public async Task Leader_StopsGracefully_AnotherLeadsAtOnceAndNothingIsLost()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember leader = await cluster.LeaderAsync();
        await leader.PutAsync("a", "1");
        ulong term = leader.Server.Headers.Term;

        await leader.StopAsync();

        // A hand-over costs one term; a time-out would do as well, but only after all the others have missed the leader.
        ClusterMember next = await cluster.LeaderAsync();
        Assert.Equal(term + 1, next.Server.Headers.Term);
        Assert.Equal("1", await next.GetAsync("a"));
    }

    [Fact]
    public async Task Leader_Killed_TheOthersGoOnAndItComesBackWithAllTheyWrote()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember leader = await cluster.LeaderAsync();
        await leader.PutAsync("a", "1");

        await leader.KillAsync();
        ClusterMember next = await cluster.LeaderAsync();
        await next.PutAsync("b", "2");
        await leader.StartAsync();
        await leader.Server.Published.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Equal("1", await leader.GetAsync("a"));
        Assert.Equal("2", await leader.GetAsync("b"));
    }

    [Fact]
    public async Task Cluster_AllMembersKilled_RestartsWithAllThatWasAcknowledged()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        for (int i = 0; i < 50; i++)
        {
            await cluster.Members[i % 3].PutAsync($"k{i}", $"{i}");
        }

        foreach (ClusterMember member in cluster.Members)
        {
            await member.KillAsync();
        }

        await Task.WhenAll(cluster.Members.Select(member => member.StartAsync()));
        await cluster.PublishedAsync();

        for (int i = 0; i < 50; i++)
        {
            Assert.Equal($"{i}", await cluster.Members[(i + 1) % 3].GetAsync($"k{i}"));
        }
    }

    [Fact]
    public async Task MoveLeader_ToAVoter_ItLeads()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember leader = await cluster.LeaderAsync();
        ClusterMember target = await cluster.FollowerAsync();

        await leader.Server.Handover.MoveAsync(target.Id, TestContext.Current.CancellationToken);

        Assert.Same(target, await cluster.LeaderAsync());
    }

    [Fact]
    public async Task MoveLeader_NotFromTheLeaderOrNotToAMember_IsRefused()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember leader = await cluster.LeaderAsync();
        ClusterMember follower = await cluster.FollowerAsync();

        Assert.Equal(EtcdErrorCode.NotLeader, await ErrorOfMove(follower, leader.Id));
        Assert.Equal(EtcdErrorCode.BadLeaderTransferee, await ErrorOfMove(leader, 77));
    }

    // What arrives while the leader hands over waits until somebody leads, on whichever member it arrived.
    [Fact]
    public async Task Puts_DuringHandOvers_AllSucceed()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        using var stop = new CancellationTokenSource();
        Task<int>[] writers = [.. cluster.Members.Select(member => WriteUntilAsync(member, stop.Token))];

        for (int i = 0; i < 5; i++)
        {
            ClusterMember leader = await cluster.LeaderAsync();
            ClusterMember target = await cluster.FollowerAsync();
            await leader.Server.Handover.MoveAsync(target.Id, TestContext.Current.CancellationToken);
        }

        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(writers), written => Assert.InRange(written, 1, int.MaxValue));
    }

    [Fact]
    public async Task Leader_CutOff_StepsDownAndFollowsTheNextOne()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(5);
        ClusterMember old = await cluster.LeaderAsync();
        ClusterMember[] others = [.. cluster.Members.Where(member => member != old)];

        cluster.Network.Isolate(old.Id, cluster.Ids);
        ClusterMember next = await cluster.LeaderAsync(others);
        await next.PutAsync("a", "1");
        await TestCluster.UntilAsync(() => !old.IsLeader);
        cluster.Network.Heal();

        await cluster.LeaderAsync();
        Assert.Equal("1", await old.GetAsync("a"));
    }

    // Incident #20418: a leader that was cut off must not answer a linearizable read from its own state.
    [Fact]
    public async Task Read_OnALeaderCutOff_IsNotAnsweredFromStaleState()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember old = await cluster.LeaderAsync();
        await old.PutAsync("a", "old");
        ClusterMember[] others = [.. cluster.Members.Where(member => member != old)];

        cluster.Network.Isolate(old.Id, cluster.Ids);
        Task<string?> read = old.GetAsync("a");
        ClusterMember next = await cluster.LeaderAsync(others);
        await next.PutAsync("a", "new");
        cluster.Network.Heal();

        try
        {
            Assert.Equal("new", await read);
        }
        catch (EtcdException refused)
        {
            Assert.Equal(EtcdErrorCode.LeaderChanged, refused.Code);
        }
    }

    private static async Task<EtcdErrorCode> ErrorOfMove(ClusterMember from, ulong to) =>
        (await Assert.ThrowsAsync<EtcdException>(() => from.Server.Handover.MoveAsync(to, TestContext.Current.CancellationToken))).Code;

    private static async Task<int> WriteUntilAsync(ClusterMember member, CancellationToken stop)
    {
        int written = 0;
        while (!stop.IsCancellationRequested)
        {
            await member.PutAsync(member.Options.Name, $"{written}");
            written++;
        }

        return written;
    }
}
