using Etcd.Disk.Linux;
using Etcd.Raft;
using Etcd.Server.Membership;
using Etcd.Testing;
using Etcd.V2;
using Etcd.Wal;

namespace Etcd.Server.Tests.Membership;

public sealed class ClusterMembershipTests
{
    private const ulong ClusterId = 1;

    private readonly ClusterMembership _membership = new(ClusterId, V2NameSpaces.NewStore());

    [Fact]
    public void TryAdd_RemovedId_NeverComesBack()
    {
        _membership.TryAdd(Member(5));
        _membership.TryRemove(5);

        Assert.False(_membership.TryAdd(Member(5)));
        Assert.True(_membership.View.IsRemoved(5));
    }

    [Fact]
    public void Members_AreKeptAscending()
    {
        _membership.TryAdd(Member(9));
        _membership.TryAdd(Member(2));

        Assert.Equal([2UL, 9UL], _membership.View.Members.Select(member => member.Id));
    }

    // Real etcd counts the same changes; only then do all members give a v2 client the same index.
    [Fact]
    public void TreeIndex_CountsOnlyWhatChanged()
    {
        _membership.TryAdd(Member(1));
        _membership.TryAdd(Member(1));
        _membership.TryPromote(1);
        _membership.TrySetAttributes(1, "{\"name\":\"a\"}", "a", []);
        _membership.SetVersion("3.5.0");

        Assert.Equal(3UL, _membership.Tree.View.Index);
    }

    [Fact]
    public void TryRemove_KnownMember_TakesTwoChangesOfTheTree()
    {
        _membership.TryAdd(Member(0xab));
        _membership.TryRemove(0xab);

        Assert.Equal(3UL, _membership.Tree.View.Index);
        Assert.NotNull(_membership.Tree.View.Find("/0/removed_members/ab"));
        Assert.Null(_membership.Tree.View.Find("/0/members/ab"));
    }

    [Fact]
    public void Recover_DumpOfAnotherMember_GivesTheSameMembers()
    {
        _membership.TryAdd(Member(1));
        _membership.TrySetAttributes(1, "{\"name\":\"a<b\",\"clientURLs\":[\"http://c:1\"]}", "a<b", ["http://c:1"]);
        _membership.TryAdd(Member(ulong.MaxValue) with { IsLearner = true });
        _membership.TryAdd(Member(0xabcdef));
        _membership.TryRemove(0xabcdef);
        _membership.SetVersion("3.5.0");
        var other = new ClusterMembership(ClusterId, V2NameSpaces.NewStore());

        other.Recover(_membership.Tree.TakeDump().ToJson());

        Assert.Equal(Describe(_membership.View), Describe(other.View));
    }

    [Fact]
    public void TrySetPeerUrls_Learner_StaysOne()
    {
        _membership.TryAdd(Member(1) with { IsLearner = true });

        _membership.TrySetPeerUrls(1, ["http://new:1"]);

        Assert.Equal("{\"peerURLs\":[\"http://new:1\"],\"isLearner\":true}", _membership.Tree.View.Find("/0/members/1/raftAttributes")!.Value);
    }

    // What etcdutl's restore writes for the members of a new cluster.
    [Fact(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    public void TryAdd_MembersOfARestoredCluster_GiveTheDumpOfRealEtcdutl()
    {
        using var fixture = new DataDirectoryFixture("v35-restored");
        Snapshot restored = new SnapshotStore(LinuxFileSystem.Instance, fixture.SnapDirectory).LoadNewest([new WalSnapshot(1, 1, null)])!;
        var real = new ClusterMembership(ClusterId, V2NameSpaces.NewStore());
        real.Recover(restored.Data);

        foreach (Member member in real.View.Members)
        {
            _membership.TryAdd(member);
        }

        Assert.Equal(
            System.Text.Encoding.UTF8.GetString(restored.Data.Span),
            System.Text.Encoding.UTF8.GetString(_membership.Tree.TakeDump().ToJson().Span));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"CurrentIndex\":1,\"Root\":{}}")]
    [InlineData("{\"CurrentIndex\":1,\"Root\":{\"Children\":{\"0\":{\"Children\":{\"members\":{\"Children\":{\"zz\":{}}}}}}}}")]
    [InlineData("{\"CurrentIndex\":1,\"Root\":{\"Children\":{\"0\":{\"Children\":{\"members\":{\"Children\":{\"1\":{\"Children\":{}}}}}}}}}")]
    public void Recover_DamagedDump_IsRefusedClearly(string json) =>
        Assert.Throws<InvalidDataException>(() => _membership.Recover(System.Text.Encoding.UTF8.GetBytes(json)));

    private static Member Member(ulong id) => new(id, [$"http://127.0.0.{id}:2380"], false, "", []);

    private static string Describe(ClusterView view) =>
        view.ClusterVersion + string.Concat(view.RemovedMemberIds) + string.Join(
            ';',
            view.Members.Select(member =>
                $"{member.Id} {string.Join(',', member.PeerUrls)} {member.IsLearner} {member.Name} {string.Join(',', member.ClientUrls)}"));
}
