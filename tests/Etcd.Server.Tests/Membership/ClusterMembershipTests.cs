using Etcd.Server.Membership;

namespace Etcd.Server.Tests.Membership;

public sealed class ClusterMembershipTests
{
    private readonly ClusterMembership _membership = new(new ClusterView(1, [], [], ""), treeIndex: 0);

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

    [Fact]
    public void TreeIndex_CountsOnlyWhatChanged()
    {
        _membership.TryAdd(Member(1));
        _membership.TryAdd(Member(1));
        _membership.TryPromote(1);
        _membership.TrySetAttributes(1, "a", []);
        _membership.SetVersion("3.5.0");

        Assert.Equal(3UL, _membership.TreeIndex);
    }

    private static Member Member(ulong id) => new(id, [$"http://127.0.0.{id}:2380"], false, "", []);
}
