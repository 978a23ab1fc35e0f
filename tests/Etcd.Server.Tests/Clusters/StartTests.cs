using Etcd.Server.Bootstrap;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Server.Tests.Clusters;

// A member that cannot be part of the cluster its settings name says why, in etcd's words, and leaves everything as it is.
public sealed class StartTests
{
    [Fact]
    public async Task Found_OwnNameMissing_IsRefused() =>
        Assert.Equal(
            "couldn't find local name \"x\" in the initial cluster configuration",
            await RefusalOf(Options("x", ("a", "http://a:1"), ("b", "http://b:1"))));

    [Fact]
    public async Task Found_UrlGivenTwice_IsRefused() =>
        Assert.Equal(
            "initial cluster a=http://a:1,b=http://a:1 has duplicate url",
            await RefusalOf(Options("a", ("a", "http://a:1"), ("b", "http://a:1"))));

    // As printed by etcd 3.5.30.
    [Fact]
    public async Task Found_AdvertisedElsewhereThanNamed_IsRefused() =>
        Assert.Equal(
            "--initial-cluster has a=http://localhost:1 but missing from --initial-advertise-peer-urls=http://localhost:2 "
            + "(resolved urls: \"http://localhost:2\" != \"http://localhost:1\")",
            await RefusalOf(Options("a", ("a", "http://localhost:1")) with { AdvertisePeerUrls = ["http://localhost:2"] }));

    [Fact]
    public async Task Found_AdvertisesMoreThanNamed_IsRefused() =>
        Assert.Equal(
            "--initial-advertise-peer-urls has http://localhost:2 but missing from "
            + "--initial-cluster=a=http://localhost:1,a=http://localhost:2",
            await RefusalOf(
                Options("a", ("a", "http://localhost:1")) with { AdvertisePeerUrls = ["http://localhost:1", "http://localhost:2"] }));

    [Fact]
    public async Task Found_MemberOfARunningClusterThatLostItsData_IsRefused()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember lost = await cluster.FollowerAsync();
        ulong id = lost.Id;
        await lost.KillAsync();

        string refusal = await RefusalOf(lost.Options, cluster.Network);

        Assert.Equal($"member {id:x} has already been bootstrapped", refusal);
    }

    [Fact]
    public async Task Join_NobodyAnswers_IsRefused() =>
        Assert.Equal(
            "cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs",
            await RefusalOf(Options("a", ("a", "http://a:1"), ("b", "http://b:1")) with { JoinsExistingCluster = true }));

    [Fact]
    public async Task Join_NotAddedBefore_IsRefused()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(1);

        string refusal = await RefusalOf(Joining("m2", "m1", "m2"), cluster.Network);

        Assert.StartsWith("error validating peerURLs {ClusterID:", refusal, StringComparison.Ordinal);
        Assert.EndsWith(": member count is unequal", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Join_AddedWithOtherUrls_IsRefused()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(1);
        await cluster.AddUnstartedAsync("m2", cluster.Members[0]);

        // Two voters, one of them not there: the change is in force, and nothing more can be.
        string refusal = await RefusalOf(Joining("m3", "m1", "m3"), cluster.Network);

        Assert.Contains("PeerURLs: no match found for existing member (", refusal, StringComparison.Ordinal);
    }

    // Whoever adds a member is answered when one member has applied it; the first that is asked may not have.
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public async Task Join_MembersHaveNotAppliedItsAdditionYet_AsksOthersAndAgain(int answersWithoutIt)
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember joining = await cluster.AddUnstartedAsync("m4", cluster.Members[0]);
        int asked = 0;
        cluster.Network.MembersAnswered = (_, answer) => Interlocked.Increment(ref asked) > answersWithoutIt
            ? answer
            : answer with { Members = [.. answer.Members.Where(member => member.Id != joining.IdWhenKnown)] };

        await joining.StartAsync();

        await joining.Server.Published.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.True(asked > answersWithoutIt);
    }

    [Fact]
    public async Task Join_ClusterAtANewerVersion_IsRefused()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(1);
        await cluster.AddUnstartedAsync("m2", cluster.Members[0]);
        cluster.Network.ClusterVersionAnswered = "3.6.0";

        Assert.Equal("incompatible with current running cluster", await RefusalOf(Joining("m2", "m1", "m2"), cluster.Network));
    }

    [Fact]
    public async Task Restart_SettingsNameOtherMembers_GoesByItsData()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember member = await cluster.FollowerAsync();
        ulong id = member.Id;
        await member.KillAsync();

        await member.StartAsync(Options("other", ("other", "http://other:1")) with { HeartbeatInterval = member.Options.HeartbeatInterval });

        Assert.Equal(id, member.Id);
        await TestCluster.UntilAsync(() => member.Server.Cluster.View.Members.Count == 3);
        await member.Server.Published;
        Assert.Equal(3, member.Server.Cluster.View.Members.Count);
    }

    private static ServerOptions Joining(string name, params string[] all) =>
        Options(name, [.. all.Select(member => (member, TestCluster.UrlOf(member)))]) with { JoinsExistingCluster = true };

    private static ServerOptions Options(string name, params (string Name, string Url)[] members)
    {
        IReadOnlyDictionary<string, IReadOnlyList<string>> initial =
            members.ToDictionary(member => member.Name, IReadOnlyList<string> (member) => [member.Url]);
        return TestCluster.OptionsOf(name, initial) with { AdvertisePeerUrls = initial.GetValueOrDefault(name, ["http://x:1"]) };
    }

    private static async Task<string> RefusalOf(ServerOptions options, MemoryNetwork? network = null)
    {
        var disk = new Testing.SimulatedDisk.SimulatedFileSystem();
        network ??= new MemoryNetwork(TimeProvider.System);
        BootstrapException refusal = await Assert.ThrowsAsync<BootstrapException>(() => EtcdServer.StartAsync(
            options, disk, TimeProvider.System, NullLoggerFactory.Instance, network.For(), TestContext.Current.CancellationToken));
        Assert.False(disk.DirectoryExists("/data/member/wal"));
        return refusal.Message;
    }
}
