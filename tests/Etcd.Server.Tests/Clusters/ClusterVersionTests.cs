namespace Etcd.Server.Tests.Clusters;

// What a cluster may use is what all its members understand.
public sealed class ClusterVersionTests
{
    [Fact]
    public async Task NewCluster_AllOfOneVersion_AgreesOnIt()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);

        await AgreeOnAsync(cluster, "3.5.0");
    }

    [Fact]
    public async Task MixedCluster_OneOlderMember_StaysAtItsVersion_UntilItIsReplaced()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        await AgreeOnAsync(cluster, "3.5.0");
        foreach (ClusterMember member in cluster.Members)
        {
            // Whoever leads sees both others as older.
            cluster.Network.ServerVersions[member.Options.AdvertisePeerUrls[0]] = "3.4.23";
        }

        await AgreeOnAsync(cluster, "3.4.0");
        cluster.Network.ServerVersions.Clear();
        await AgreeOnAsync(cluster, "3.5.0");
    }

    [Fact]
    public void Member_ClusterIsNewer_DoesNotGoOn()
    {
        EtcdVersion.RefuseNewerCluster("");
        EtcdVersion.RefuseNewerCluster("3.5.0");

        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => EtcdVersion.RefuseNewerCluster("3.6.0"));

        Assert.StartsWith("invalid downgrade; server version is lower than determined cluster version", refusal.Message, StringComparison.Ordinal);
    }

    private static Task AgreeOnAsync(TestCluster cluster, string version) =>
        TestCluster.UntilAsync(() => cluster.Members.All(member => member.Server.Cluster.View.ClusterVersion == version));
}
