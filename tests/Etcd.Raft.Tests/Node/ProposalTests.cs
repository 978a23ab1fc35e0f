namespace Etcd.Raft.Tests.Node;

public sealed class ProposalTests
{
    private static readonly byte[] TenBytes = new byte[10];

    [Fact]
    public void Leader_ManyProposalsBeforeReady_SendsOneAppendToEachFollower()
    {
        var group = new MemberGroup(3);
        group.Elect(1);
        for (int i = 0; i < 200; i++)
        {
            group[1].Node.Propose(TenBytes);
        }

        Ready ready = group[1].TakeReady();

        Assert.Equal([2UL, 3UL, RaftMessage.LocalAppendThread], ready.Messages.Select(m => m.To));
        Assert.All(ready.Messages, message => Assert.Equal(200, message.Entries.Length));
    }

    [Fact]
    public void Leader_ProposalsLargerThanAMessage_SplitsThemWithinTheWindow()
    {
        var group = new MemberGroup(3, o => o with { MessageBytesMax = 100, InflightMessagesMax = 3 });
        group.Elect(1);
        for (int i = 0; i < 50; i++)
        {
            group[1].Node.Propose(TenBytes);
        }

        Ready ready = group[1].TakeReady();

        RaftMessage[] to2 = [.. ready.Messages.Where(m => m.To == 2)];
        Assert.Equal(3, to2.Length);
        Assert.All(to2, message => Assert.Equal(5, message.Entries.Length));
        group.Settle();
        Assert.Equal(group[1].Node.Commit, group[2].Node.Commit);
        Assert.Equal(50, group[2].Applied.Count(e => e.Data.Length > 0));
    }

    // Figure 2 of the paper has the leader send before its own disk is done: both syncs overlap.
    [Fact]
    public void Leader_OwnWriteStillRunning_CommitsWithTheFollowers()
    {
        var group = new MemberGroup(3);
        group.Elect(1);
        ulong commit = group[1].Node.Commit;
        group[1].Node.Propose(TenBytes);
        group[1].TakeReady();

        foreach (ulong follower in new[] { 2UL, 3UL })
        {
            group[follower].Node.Step(group[1].Sent.Find(m => m.To == follower)!);
            group[1].Node.Step(Assert.Single(MemberGroup.TakeSent(group[follower])));
        }

        Assert.Equal(commit + 1, group[1].Node.Commit);
        Assert.True(group[1].TakeReady().CommittedEntries.IsEmpty, "what is not on the own disk is not applied");
        group[1].WriteLog();
        Assert.Equal(1, group[1].TakeReady().CommittedEntries.Length);
    }

    [Fact]
    public void Follower_Proposal_IsForwardedWithoutItsAttachmentComingBack()
    {
        var group = new MemberGroup(3);
        group.Elect(1);

        ProposeOutcome outcome = group[2].Node.Propose("a"u8.ToArray(), new object());
        MemberGroupEncoded.Settle(group, 3);

        Assert.Equal(ProposeOutcome.Accepted, outcome);
        Assert.Equal("a"u8.ToArray(), group[2].Applied[^1].Data.ToArray());
        Assert.Null(group[2].Applied[^1].Attachment);
    }

    [Fact]
    public void Follower_ForwardingDisabled_DropsTheProposal()
    {
        var group = new MemberGroup(3, o => o with { DisableProposalForwarding = true });
        group.Elect(1);

        Assert.Equal(ProposeOutcome.ForwardingDisabled, group[2].Node.Propose(TenBytes));
    }

    [Fact]
    public void Member_NoLeaderKnown_DropsTheProposal()
    {
        var group = new MemberGroup(3);

        Assert.Equal(ProposeOutcome.NoLeader, group[1].Node.Propose(TenBytes));

        group[1].Node.Campaign();

        Assert.Equal(ProposeOutcome.NoLeader, group[1].Node.Propose(TenBytes));
    }

    [Fact]
    public void Leader_UncommittedLimitReached_DropsUntilSomethingIsApplied()
    {
        var group = new MemberGroup(3, o => o with { UncommittedBytesMax = 25 });
        group.Elect(1);

        ProposeOutcome[] outcomes = [.. Enumerable.Range(0, 3).Select(_ => group[1].Node.Propose(TenBytes))];

        Assert.Equal([ProposeOutcome.Accepted, ProposeOutcome.Accepted, ProposeOutcome.TooMuchUncommitted], outcomes);
        Assert.Equal(ProposeOutcome.Accepted, group[1].Node.Propose(default));
        group.Settle();
        Assert.Equal(ProposeOutcome.Accepted, group[1].Node.Propose(new byte[100]));
        Assert.Equal(ProposeOutcome.TooMuchUncommitted, group[1].Node.Propose(TenBytes));
    }

    [Fact]
    public void Leader_HandingOver_DropsProposalsUntilTheTimeoutPasses()
    {
        var group = new MemberGroup(3);
        group.Elect(1);
        group[1].Node.TransferLeadership(2);

        Assert.Equal(ProposeOutcome.TransferringLeadership, group[1].Node.Propose(TenBytes));

        group.Tick(1, ticks: 10);

        Assert.Equal(ProposeOutcome.Accepted, group[1].Node.Propose(TenBytes));
    }
}
