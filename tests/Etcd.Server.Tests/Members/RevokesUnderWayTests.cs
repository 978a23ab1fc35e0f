using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Leases;

using Google.Protobuf;

namespace Etcd.Server.Tests.Members;

// A lease whose end may have been acknowledged is never renewed (etcd 3.6.5); all others are renewed without waiting for apply (etcd 3.7).
public sealed class RevokesUnderWayTests
{
    private readonly RevokesUnderWay _revokes = new();

    [Fact]
    public void Includes_RevokeProposedHereAndApplied_OnlyBetweenTheTwo()
    {
        Assert.False(_revokes.Includes(7));
        _revokes.Proposing(RevokeOf(7, requestId: 1));
        Assert.True(_revokes.Includes(7));
        Assert.False(_revokes.Includes(8));
        _revokes.Applied(7, requestId: 1);
        Assert.False(_revokes.Includes(7));
    }

    // The earlier one may be of a term before: the id has been granted anew since, and is about to end once more.
    [Fact]
    public void Includes_AnEarlierRevokeOfTheIdApplied_StillThere()
    {
        _revokes.Proposing(RevokeOf(7, requestId: 2));

        _revokes.Applied(7, requestId: 1);

        Assert.True(_revokes.Includes(7));
    }

    [Fact]
    public void Includes_LastOfTwoRevokesOfAnIdApplied_NotThere()
    {
        _revokes.Proposing(RevokeOf(7, requestId: 1));
        _revokes.Proposing(RevokeOf(7, requestId: 2));

        _revokes.Applied(7, requestId: 1);
        Assert.True(_revokes.Includes(7));
        _revokes.Applied(7, requestId: 2);
        Assert.False(_revokes.Includes(7));
    }

    [Fact]
    public void Proposing_ForwardedRevokeAmongOthers_IsFound()
    {
        var put = new InternalRaftRequest { Header = new RequestHeader { ID = 2 }, Put = new PutRequest { Key = ByteString.CopyFromUtf8("a") } };

        _revokes.Proposing([new() { Data = put.ToByteArray() }, new() { Data = RevokeOf(9, requestId: 1).ToByteArray() }, default]);

        Assert.True(_revokes.Includes(9));
        Assert.False(_revokes.Includes(2));
    }

    [Fact]
    public void Clear_LeadershipLost_ForgetsAll()
    {
        _revokes.Proposing(RevokeOf(7, requestId: 1));

        _revokes.Clear();

        Assert.False(_revokes.Includes(7));
    }

    [Fact]
    public void Proposing_MoreThanAreToldApart_CountsEveryLease()
    {
        for (long id = 1; id <= 100_001; id++)
        {
            _revokes.Proposing(RevokeOf(id, requestId: 1));
        }

        Assert.True(_revokes.Includes(1_000_000));
    }

    private static InternalRaftRequest RevokeOf(long id, ulong requestId) =>
        new() { Header = new RequestHeader { ID = requestId }, LeaseRevoke = new LeaseRevokeRequest { ID = id } };
}
