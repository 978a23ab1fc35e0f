using System.Text;

using Etcd.Server.Membership;

namespace Etcd.Server.Tests.Membership;

public sealed class MembershipTreeTests
{
    private const ulong ClusterId = 77;

    private static readonly Member Started = new(0xbf8354030c0f3c12, ["http://127.0.0.1:2380"], false, "node<a>", ["http://127.0.0.1:2379"]);
    private static readonly Member Learner = new(ulong.MaxValue, ["http://127.0.0.2:2380"], true, "", []);

    [Fact]
    public void Read_WhatWriteWrote_GivesTheSameCluster()
    {
        var cluster = new ClusterView(ClusterId, [Started, Learner], [3, 0xabcdef], "3.5.0");

        ClusterView read = MembershipTree.Read(MembershipTree.Write(cluster, treeIndex: 9), ClusterId, out ulong treeIndex);

        Assert.Equal(9UL, treeIndex);
        Assert.Equal(cluster.ClusterVersion, read.ClusterVersion);
        Assert.Equal(cluster.RemovedMemberIds, read.RemovedMemberIds);
        Assert.Equal(cluster.Members.Select(Describe), read.Members.Select(Describe));
    }

    // Losing keys of the v2 API silently would be worse than not starting.
    [Theory]
    [InlineData("1")]
    [InlineData("2")]
    public void Read_TreeWithKeysOfClients_IsRefused(string branch)
    {
        string json = "{\"CurrentIndex\":1,\"Root\":{\"Children\":{\"0\":{\"Children\":{}},\"" + branch + "\":{\"Children\":{\"k\":{}}}}}}";

        Assert.Throws<InvalidDataException>(() => MembershipTree.Read(Encoding.UTF8.GetBytes(json), ClusterId, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"CurrentIndex\":1,\"Root\":{}}")]
    [InlineData("{\"CurrentIndex\":1,\"Root\":{\"Children\":{\"0\":{\"Children\":{\"members\":{\"Children\":{\"zz\":{}}}}}}}}")]
    public void Read_DamagedPayload_IsRefusedClearly(string json) =>
        Assert.Throws<InvalidDataException>(() => MembershipTree.Read(Encoding.UTF8.GetBytes(json), ClusterId, out _));

    private static string Describe(Member member) =>
        $"{member.Id} {string.Join(',', member.PeerUrls)} {member.IsLearner} {member.Name} {string.Join(',', member.ClientUrls)}";
}
