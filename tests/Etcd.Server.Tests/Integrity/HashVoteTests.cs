using Etcd.Server.Integrity;

namespace Etcd.Server.Tests.Integrity;

public sealed class HashVoteTests
{
    [Fact]
    public void Differing_AllAgree_NamesNobody() => Assert.Empty(HashVote.Differing([(1, 7), (2, 7), (3, 7)], 3));

    [Fact]
    public void Differing_OneAgainstAMajority_NamesIt() => Assert.Equal([2UL], HashVote.Differing([(1, 7), (2, 8), (3, 7)], 3));

    [Fact]
    public void Differing_LeaderAgainstAMajority_NamesTheLeader() => Assert.Equal([1UL], HashVote.Differing([(1, 8), (2, 7), (3, 7)], 3));

    [Fact]
    public void Differing_SeveralAgainstAMajority_NamesAllOfThem() =>
        Assert.Equal([4UL, 5UL], HashVote.Differing([(1, 7), (2, 7), (5, 9), (3, 7), (4, 8)], 5));

    // One of two may be the wrong one as well as the other; a member that has not answered could tip the scales.
    [Fact]
    public void Differing_NoMajorityOfTheCluster_NamesTheWholeCluster()
    {
        Assert.Equal([HashVote.WholeCluster], HashVote.Differing([(1, 7), (2, 8)], 2));
        Assert.Equal([HashVote.WholeCluster], HashVote.Differing([(1, 7), (2, 8)], 3));
        Assert.Equal([HashVote.WholeCluster], HashVote.Differing([(1, 7), (2, 7), (3, 8)], 5));
    }
}
