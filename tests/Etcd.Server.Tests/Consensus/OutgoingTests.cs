using Etcd.Raft;
using Etcd.Server.Consensus;

namespace Etcd.Server.Tests.Consensus;

// etcd sends the last acknowledgement of a group of writes only.
public sealed class OutgoingTests
{
    private readonly Outgoing _outgoing = new();

    [Fact]
    public void Add_LaterAcknowledgementToTheSameMember_TakesTheEarlierOnesPlace()
    {
        _outgoing.Add(Acknowledgement(to: 2, index: 5));
        _outgoing.Add(Acknowledgement(to: 2, index: 7));

        Assert.Equal(7ul, Assert.Single(_outgoing.Messages).Index);
    }

    [Theory]
    [InlineData(3, 7, 1, false)]
    [InlineData(2, 4, 1, false)]
    [InlineData(2, 7, 2, false)]
    [InlineData(2, 7, 1, true)]
    public void Add_AnswerThatSaysSomethingElse_BothLeave(ulong to, ulong index, ulong term, bool reject)
    {
        _outgoing.Add(Acknowledgement(to: 2, index: 5));
        _outgoing.Add(Acknowledgement(to, index, term, reject));

        Assert.Equal(2, _outgoing.Messages.Count);
    }

    // Word that a write is committed is answered like the write itself: the leader learns nothing from it.
    [Fact]
    public void Add_TheSameAcknowledgementAgain_LeavesWithTheNextTick()
    {
        Send(Acknowledgement(to: 2, index: 5));

        Assert.Empty(Send(Acknowledgement(to: 2, index: 5)));
        Assert.Empty(Send(Acknowledgement(to: 2, index: 5)));
        _outgoing.ReleaseHeld();

        Assert.Equal(5ul, Assert.Single(_outgoing.Messages).Index);
        _outgoing.Clear();
        _outgoing.ReleaseHeld();
        Assert.Empty(_outgoing.Messages);
    }

    // A leader that has lost the answer asks again, an empty append at a time, and waits for each.
    [Fact]
    public void Add_TheSameInALaterTick_LeavesAtOnceAndIsThenHeldBack()
    {
        Send(Acknowledgement(to: 2, index: 5));
        _outgoing.ReleaseHeld();

        Assert.Single(Send(Acknowledgement(to: 2, index: 5)));
        Assert.Empty(Send(Acknowledgement(to: 2, index: 5)));
    }

    [Fact]
    public void Add_FurtherWrite_TakesThePlaceOfWhatIsHeldBack()
    {
        Send(Acknowledgement(to: 2, index: 5));
        Send(Acknowledgement(to: 2, index: 5));

        Assert.Equal(6ul, Assert.Single(Send(Acknowledgement(to: 2, index: 6))).Index);
        _outgoing.ReleaseHeld();

        Assert.Empty(_outgoing.Messages);
    }

    [Fact]
    public void Add_TheSameAfterItMayHaveBeenLost_LeavesAtOnce()
    {
        Send(Acknowledgement(to: 2, index: 5));
        _outgoing.MayBeLost(3);
        Assert.Empty(Send(Acknowledgement(to: 2, index: 5)));

        _outgoing.MayBeLost(2);

        Assert.Single(Send(Acknowledgement(to: 2, index: 5)));
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(2, 2)]
    public void Add_TheSameIndexToAnotherLeaderOrInAnotherTerm_LeavesAtOnce(ulong to, ulong term)
    {
        Send(Acknowledgement(to: 2, index: 5));

        Assert.Single(Send(Acknowledgement(to, index: 5, term)));
    }

    [Fact]
    public void Add_TheSameAfterARefusal_LeavesAtOnce()
    {
        Send(Acknowledgement(to: 2, index: 5));
        Send(Acknowledgement(to: 2, index: 8, reject: true));

        Assert.Single(Send(Acknowledgement(to: 2, index: 5)));
    }

    private RaftMessage[] Send(RaftMessage message)
    {
        _outgoing.Clear();
        _outgoing.Add(message);
        RaftMessage[] sent = [.. _outgoing.Messages];
        _outgoing.Clear();
        return sent;
    }

    private static RaftMessage Acknowledgement(ulong to, ulong index, ulong term = 1, bool reject = false) =>
        new() { Type = MessageType.AppendResponse, To = to, From = 1, Term = term, Index = index, Reject = reject };
}
