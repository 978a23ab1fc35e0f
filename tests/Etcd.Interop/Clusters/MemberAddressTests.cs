using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Clusters;

/// <summary>Members that cannot be reached where they are expected.</summary>
public class MemberAddressTests
{
    private const int Limit = 55_000;

    public static IEnumerable<TheoryDataRow<ServerKind>> Kinds() => Subjects.Both();

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Kinds))]
    public async Task Member_MovedToAnotherAddress_IsFoundThere(ServerKind kind)
    {
        await using ProcessCluster cluster = await ProcessCluster.StartAsync(ServerKind.Ours, kind, ServerKind.Ours);
        (ClusterMember first, ClusterMember second, ClusterMember leader) = await cluster.WaitForRolesAsync();
        ulong id = (await first.StatusAsync())!.Header.MemberId;
        await first.KillAsync();
        first.PeerPort = LoopbackPorts.Take();

        await leader.CallAsync(EtcdMethods.MemberUpdate, new MemberUpdateRequest { ID = id, PeerURLs = { first.PeerUrl } });
        await cluster.StartAsync(first);

        // Without the third, leader and moved member need each other.
        await second.KillAsync();
        await first.PutAsync("key", "value");
        Assert.Equal("value", await leader.GetAsync("key"));
    }

    [Fact(Timeout = Limit)]
    public async Task Member_PeersUnreachable_WaitsSayingSoAndGoesOnWhenTheyCome()
    {
        await using ProcessCluster cluster = ProcessCluster.Create(ServerKind.Ours, ServerKind.Ours, ServerKind.Ours);
        ClusterMember early = cluster[0];

        cluster.Launch(early);
        await early.Process.Log.WaitForAsync(
            line => line.Contains("prober detected unhealthy status", StringComparison.Ordinal),
            TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        int lines = early.Process.Log.Lines.Count;
        cluster.Launch(cluster[1]);
        cluster.Launch(cluster[2]);
        await cluster.WaitUntilReadyAsync();

        // Two peers are dialled ten times a second each; a line for each attempt would bury the rest.
        Assert.InRange(lines, 1, 150);
        await early.PutAsync("key", "value");
        Assert.Equal("value", await cluster[2].GetAsync("key"));
    }
}
