using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Raft;
using Etcd.Raft.Encoding;
using Etcd.Server.Apply;
using Etcd.Server.Consensus;
using Etcd.Server.Leases;
using Etcd.Testing;

using Google.Protobuf;

namespace Etcd.Server.Tests.Consensus;

public sealed class ProposalRouterTests
{
    private readonly SteppedNode _raft = new(new ConfState { Voters = [1, 2] });
    private readonly SteppedNode _soleVoter = new(new ConfState { Voters = [1] });
    private readonly ForwardedRequests _forwarded = new();
    private readonly RevokesUnderWay _revokes = new();
    private readonly ManualTimeProvider _time = new();
    private readonly ProposalBudget _budget = new(bytesMax: 1000, reservedBytes: 0);
    private readonly List<(ulong Id, EtcdErrorCode Code)> _refused = [];
    private Action _refusing = static () => { };

    // One message for all that has gathered; a follower's callers are found again by the ids of their requests.
    [Fact]
    public void Flush_OnAFollower_AllLeaveInOneMessageAndAreFoundByTheirIds()
    {
        ProposalRouter router = RouterOf(_raft);
        _raft.Follow(leader: 2);
        PendingRequest first = Request(1);
        router.Add(first);
        router.Add(Request(2));

        router.Flush();
        _raft.Settle();

        RaftMessage message = Assert.Single(_raft.Sent, message => message.Type == MessageType.Propose);
        Assert.Equal((2ul, 2), (message.To, message.Entries.Length));
        Assert.All(message.Entries.ToArray(), entry => Assert.Null(entry.Attachment));
        Assert.Same(first, _forwarded.Take(1, first.Encoded));
        Assert.Null(_forwarded.Take(1, first.Encoded));
    }

    // Whoever expires requests has looked for it among those that were sent before it was there; it stayed for ever.
    [Fact]
    public void Flush_TimeRunsOutWhileItLeaves_IsNotKept()
    {
        ProposalRouter router = RouterOf(_raft);
        _raft.Follow(leader: 2);
        PendingRequest late = Request(1);
        _refusing = () => Assert.True(late.TryClaim());
        router.Add(late);
        router.Add(Request(2, onlyInTerm: _raft.Node.Term + 1));

        router.Flush();

        Assert.Equal([(2, EtcdErrorCode.NotLeader)], _refused);
        Assert.True(_forwarded.IsEmpty);
    }

    [Fact]
    public void Flush_NobodyLeads_TheProposalWaitsForALeader()
    {
        ProposalRouter router = RouterOf(_raft);
        router.Add(Request(1));
        router.Flush();
        router.Retry();
        Assert.DoesNotContain(_raft.Sent, message => message.Type == MessageType.Propose);

        _raft.Follow(leader: 2);
        router.Retry();
        _raft.Settle();

        Assert.Single(_raft.Sent, message => message.Type == MessageType.Propose);
        Assert.Empty(_refused);
    }

    [Fact]
    public void Retry_CallerHasGivenUp_TheProposalIsForgotten()
    {
        ProposalRouter router = RouterOf(_raft);
        PendingRequest request = Request(1);
        router.Add(request);
        router.Flush();
        Assert.True(request.TryClaim());

        _raft.Follow(leader: 2);
        router.Retry();
        _raft.Settle();

        Assert.DoesNotContain(_raft.Sent, message => message.Type == MessageType.Propose);
    }

    [Fact]
    public void TakeFromPeer_NobodyLeads_TheirProposalWaitsToo()
    {
        ProposalRouter router = RouterOf(_raft);
        router.TakeFromPeer(new RaftMessage { Type = MessageType.Propose, From = 3, To = 1, Entries = new[] { Normal() } });

        _raft.Follow(leader: 2);
        router.Retry();
        _raft.Settle();

        // Found by the simulation (seed 9444): passed on in the name of a member that had left, it made this one take itself for removed.
        RaftMessage passedOn = Assert.Single(_raft.Sent, message => message.Type == MessageType.Propose);
        Assert.Equal((2ul, 1ul), (passedOn.To, passedOn.From));
    }

    // Its caller was told long ago that time is up, and may have had later requests applied.
    [Theory]
    [InlineData(6999, true)]
    [InlineData(7000, false)]
    public void Retry_TheirProposalWaitedForTheRequestTimeout_IsDropped(int milliseconds, bool leaves)
    {
        ProposalRouter router = RouterOf(_raft);
        router.TakeFromPeer(new RaftMessage { Type = MessageType.Propose, From = 3, To = 1, Entries = new[] { Normal() } });
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));

        _raft.Follow(leader: 2);
        router.Retry();
        _raft.Settle();

        Assert.Equal(leaves, _raft.Sent.Any(message => message.Type == MessageType.Propose));
    }

    // The end of a lease may wait for a leader, and meet this member as one; whatever was known of it before the election is forgotten by then.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Retry_RevokeWaitedThroughAnElection_IsKnownToTheLeader(bool ofThisMember)
    {
        ProposalRouter router = RouterOf(_soleVoter);
        var revoke = new InternalRaftRequest { Header = new RequestHeader { ID = 5 }, LeaseRevoke = new LeaseRevokeRequest { ID = 7 } };
        if (ofThisMember)
        {
            router.Add(new PendingRequest(_budget) { Id = 5, Request = revoke, Encoded = revoke.ToByteArray(), Deadline = 100 });
            router.Flush();
        }
        else
        {
            router.TakeFromPeer(new RaftMessage
            {
                Type = MessageType.Propose,
                From = 3,
                To = 1,
                Entries = new[] { new Entry(0, 0, EntryType.Normal, revoke.ToByteArray()) },
            });
        }

        _revokes.Clear();
        Assert.False(_revokes.Includes(7));

        _soleVoter.Node.Campaign();
        _soleVoter.Settle();
        router.Retry();

        Assert.True(_revokes.Includes(7));
        _soleVoter.Settle();
        Assert.Contains(_soleVoter.Committed, entry => entry.Data.Span.SequenceEqual(revoke.ToByteArray()));
    }

    // Incident #15247: what a leader has decided reaches the log in its own term or not at all.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Flush_BoundToAnotherTerm_IsRefused(bool leads)
    {
        SteppedNode raft = leads ? _soleVoter : _raft;
        ProposalRouter router = RouterOf(raft);
        if (leads)
        {
            raft.Node.Campaign();
            raft.Settle();
        }
        else
        {
            raft.Follow(leader: 2);
        }

        router.Add(Request(1, onlyInTerm: leads ? raft.Node.Term + 1 : raft.Node.Term));
        router.Flush();
        raft.Settle();

        Assert.Equal([(1, EtcdErrorCode.NotLeader)], _refused);
        Assert.DoesNotContain(raft.Committed, entry => entry.Data.Length > 0);
        Assert.DoesNotContain(raft.Sent, message => message.Type == MessageType.Propose);
    }

    // Raft logs an empty entry in place of a change that comes too early, and its caller would wait in vain.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Flush_ChangeBeforeTheLastOneIsApplied_WaitsForIt(bool ofThisMember)
    {
        ProposalRouter router = RouterOf(_soleVoter);
        _soleVoter.Node.Campaign();
        _soleVoter.Settle();
        router.Add(Change(1));
        router.Flush();
        _soleVoter.Settle(applies: false);

        if (ofThisMember)
        {
            router.Add(Change(2));
            router.Flush();
        }
        else
        {
            router.TakeFromPeer(new RaftMessage
            {
                Type = MessageType.Propose,
                From = 3,
                To = 1,
                Entries = new[] { new Entry(0, 0, EntryType.ConfChange, Change(2).Encoded) },
            });
        }

        _soleVoter.Settle(applies: false);
        Assert.Single(_soleVoter.Committed, entry => entry.Type == EntryType.ConfChange);

        Entry[] applied = [_soleVoter.Committed[^1]];
        _soleVoter.Node.ApplyConfChange(new ConfChange(ConfChangeType.AddNode, NodeId: 0).ToV2(), applied[0].Index);
        _soleVoter.Node.Step(new RaftMessage
        {
            Type = MessageType.StorageApplyResponse,
            From = RaftMessage.LocalApplyThread,
            To = 1,
            Entries = applied,
        });
        router.Retry();
        _soleVoter.Settle(applies: false);

        Assert.Equal(2, _soleVoter.Committed.Count(entry => entry.Type == EntryType.ConfChange));
    }

    private static Entry Normal() => new(0, 0, EntryType.Normal, new byte[] { 1 });

    private ProposalRouter RouterOf(SteppedNode raft) =>
        new(raft.Node, _forwarded, _revokes, Refuse, _time, TimeSpan.FromSeconds(7));

    private void Refuse(PendingRequest request, EtcdErrorCode code)
    {
        _refusing();
        _refused.Add((request.Id, code));
    }

    private PendingRequest Request(ulong id, ulong onlyInTerm = 0) =>
        new(_budget) { Id = id, Encoded = new byte[] { 1 }, Deadline = 100, OnlyInTerm = onlyInTerm };

    private PendingRequest Change(ulong id)
    {
        var change = new ConfChange(ConfChangeType.AddLearnerNode, 10 + id, default, id);
        return new PendingRequest(_budget) { Id = id, Change = change, Encoded = ConfChangeCodec.Encode(change), Deadline = 100 };
    }
}
