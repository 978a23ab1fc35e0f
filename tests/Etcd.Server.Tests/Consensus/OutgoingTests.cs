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

    private static RaftMessage Acknowledgement(ulong to, ulong index, ulong term = 1, bool reject = false) =>
        new() { Type = MessageType.AppendResponse, To = to, From = 1, Term = term, Index = index, Reject = reject };
}
