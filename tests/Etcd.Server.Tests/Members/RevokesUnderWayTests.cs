using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Raft;
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
        _revokes.Began(7);
        Assert.True(_revokes.Includes(7));
        Assert.False(_revokes.Includes(8));
        _revokes.Applied(7);
        Assert.False(_revokes.Includes(7));
    }

    [Fact]
    public void Includes_OneOfTwoRevokesOfAnIdApplied_StillThere()
    {
        _revokes.Began(7);
        _revokes.Began(7);

        _revokes.Applied(7);

        Assert.True(_revokes.Includes(7));
    }

    [Fact]
    public void Forwarded_RevokeAmongOthers_IsFound()
    {
        var revoke = new InternalRaftRequest { Header = new RequestHeader { ID = 1 }, LeaseRevoke = new LeaseRevokeRequest { ID = 9 } };
        var put = new InternalRaftRequest { Header = new RequestHeader { ID = 2 }, Put = new PutRequest { Key = ByteString.CopyFromUtf8("a") } };

        _revokes.Forwarded(new RaftMessage
        {
            Type = MessageType.Propose,
            Entries = new Entry[] { new() { Data = put.ToByteArray() }, new() { Data = revoke.ToByteArray() }, default },
        });

        Assert.True(_revokes.Includes(9));
        Assert.False(_revokes.Includes(2));
    }

    [Fact]
    public void Clear_LeadershipLost_ForgetsAll()
    {
        _revokes.Began(7);

        _revokes.Clear();

        Assert.False(_revokes.Includes(7));
    }

    [Fact]
    public void Began_MoreThanAreToldApart_CountsEveryLease()
    {
        for (long id = 1; id <= 100_001; id++)
        {
            _revokes.Began(id);
        }

        Assert.True(_revokes.Includes(1_000_000));
    }
}
