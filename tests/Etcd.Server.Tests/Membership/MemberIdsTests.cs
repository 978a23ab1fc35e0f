using Etcd.Server.Membership;

namespace Etcd.Server.Tests.Membership;

public sealed class MemberIdsTests
{
    // Seen on real etcd 3.5.30: a cluster of one with the default token and peer URL http://127.0.0.1:12380.
    [Fact]
    public void Ids_OfASingleMemberCluster_AreThoseOfRealEtcd()
    {
        ulong member = MemberIds.ForMember(["http://127.0.0.1:12380"], "etcd-cluster");

        Assert.Equal(0xddd67b312462fd7bUL, member);
        Assert.Equal(0xa7ef944b95711739UL, MemberIds.ForCluster([member]));
    }

    [Fact]
    public void ForMember_OrderOfUrls_DoesNotMatter() =>
        Assert.Equal(MemberIds.ForMember(["http://b:1", "http://a:1"], "t"), MemberIds.ForMember(["http://a:1", "http://b:1"], "t"));

    [Fact]
    public void ForMember_AddedAtRunTime_DependsOnTheSecond() =>
        Assert.NotEqual(
            MemberIds.ForMember(["http://a:1"], "t", DateTimeOffset.UnixEpoch),
            MemberIds.ForMember(["http://a:1"], "t", DateTimeOffset.UnixEpoch.AddSeconds(1)));
}
