namespace Etcd.Raft.Tests.Node;

// Raft thesis, section 6.4.
public sealed class ReadIndexTests
{
    private static readonly byte[] A = "A"u8.ToArray();
    private static readonly byte[] B = "B"u8.ToArray();

    [Fact]
    public void Leader_ReadAsked_AnswersOnlyAfterAQuorumAnsweredAHeartbeat()
    {
        MemberGroup group = LedBy1();

        group[1].Node.ReadIndex(A);
        List<RaftMessage> heartbeats = MemberGroup.TakeSent(group[1]);

        Assert.Equal([2UL, 3UL], heartbeats.Select(m => m.To));
        Assert.Empty(group[1].Reads);

        group[2].Node.Step(heartbeats[0]);
        group[1].Node.Step(Assert.Single(MemberGroup.TakeSent(group[2])));
        group[1].RunUntilIdle();

        ReadState read = Assert.Single(group[1].Reads);
        Assert.Equal(group[1].Node.Commit, read.Index);
        Assert.Equal(A, read.Context.ToArray());
    }

    [Fact]
    public void Leader_SeveralReadsBeforeReady_ShareOneRound()
    {
        MemberGroup group = LedBy1();

        group[1].Node.ReadIndex(A);
        group[1].Node.ReadIndex(B);
        List<RaftMessage> heartbeats = MemberGroup.TakeSent(group[1]);

        Assert.Equal(2, heartbeats.Count);
        group[3].Node.Step(heartbeats[1]);
        group[1].Node.Step(Assert.Single(MemberGroup.TakeSent(group[3])));
        group[1].RunUntilIdle();
        Assert.Equal([A, B], group[1].Reads.Select(r => r.Context.ToArray()));
    }

    // Incident #20418 (stale reads after a pause, race of read index and leader change): a request that was repeated after a time-out and
    // answers to heartbeats of its first copy must not confirm reads that were asked for later.
    [Fact]
    public void DeposedLeader_RepeatedRequestAndOldHeartbeatAnswers_AnswersNothing()
    {
        MemberGroup group = LedBy1();
        var request = new RaftMessage
        {
            Type = MessageType.ReadIndex,
            To = 1,
            From = 2,
            Entries = new[] { new Entry(0, 0, EntryType.Normal, A) },
        };

        // Member 2 asks, and is answered; an answer to the heartbeat of that round is still on its way.
        group[1].Node.Step(request);
        List<RaftMessage> heartbeats = MemberGroup.TakeSent(group[1]);
        group[2].Node.Step(heartbeats[0]);
        group[1].Node.Step(Assert.Single(MemberGroup.TakeSent(group[2])));
        Assert.Single(MemberGroup.TakeSent(group[1]), m => m.Type == MessageType.ReadIndexResponse);
        group[3].Node.Step(heartbeats[1]);
        RaftMessage late = Assert.Single(MemberGroup.TakeSent(group[3]));

        // Members 2 and 3 elect another leader and commit, without member 1 hearing of it.
        group[2].Node.Campaign();
        group.Settle(2, 3);
        group.Propose(2, "written under the new leader");
        group.Settle(2, 3);
        Assert.True(group[2].Node.Commit > group[1].Node.Commit);

        // Now a new read, the repeated request, and the late answer arrive at member 1.
        group[1].Node.ReadIndex(B);
        MemberGroup.TakeSent(group[1]);
        group[1].Node.Step(request);
        MemberGroup.TakeSent(group[1]);
        group[1].Node.Step(late);

        Assert.DoesNotContain(MemberGroup.TakeSent(group[1]), m => m.Type == MessageType.ReadIndexResponse);
        Assert.Empty(group[1].Reads);
    }

    // A new leader's commit index may be behind what its predecessor acknowledged, until it has committed itself.
    [Fact]
    public void NewLeader_NothingCommittedInItsTerm_PostponesReads()
    {
        MemberGroup group = LedBy1();
        group.Propose(1, "acknowledged");
        group.Settle(1, 2);
        ulong acknowledged = group[1].Node.Commit;
        group[2].Node.Campaign();
        group[2].RunUntilIdle();
        group[3].Node.Step(group[2].Sent.Find(m => m is { Type: MessageType.Vote, To: 3 })!);
        RaftMessage vote = MemberGroup.TakeSent(group[3]).Find(m => m.Type == MessageType.VoteResponse)!;
        group[2].Node.Step(vote);
        group[2].RunUntilIdle();
        Assert.Equal(RaftRole.Leader, group[2].Node.SoftState.Role);

        group[2].Node.ReadIndex(A);
        group[2].RunUntilIdle();
        Assert.DoesNotContain(group[2].Sent, m => m.Type == MessageType.Heartbeat);

        group.Settle();

        Assert.True(Assert.Single(group[2].Reads).Index > acknowledged);
    }

    [Fact]
    public void Leader_SteppedDownMeanwhile_ForgetsWhoWaits()
    {
        MemberGroup group = LedBy1();
        group[1].Node.ReadIndex(A);
        MemberGroup.TakeSent(group[1]);

        group.Elect(2);
        group.Elect(1);
        group[1].Node.ReadIndex(B);
        group.Settle();

        Assert.Equal(B, Assert.Single(group[1].Reads).Context.ToArray());
    }

    [Fact]
    public void Follower_ReadAsked_IsAnsweredByTheLeader()
    {
        MemberGroup group = LedBy1();
        group.Propose(1, "a");
        group.Settle();

        group[3].Node.ReadIndex(A);
        group.Settle();

        Assert.Equal(group[1].Node.Commit, Assert.Single(group[3].Reads).Index);
    }

    [Fact]
    public void Leader_HeartbeatWithTheRoundIsLost_NextHeartbeatCarriesIt()
    {
        MemberGroup group = LedBy1();
        group[1].Node.ReadIndex(A);
        MemberGroup.TakeSent(group[1]);

        group.Tick(1);
        group.Settle();

        Assert.Single(group[1].Reads);
    }

    [Fact]
    public void LeaseBasedLeader_ReadAsked_AnswersWithoutARound()
    {
        MemberGroup group = LedBy1(o => o with { ReadOnlyOption = ReadOnlyOption.LeaseBased, CheckQuorum = true });

        group[1].Node.ReadIndex(A);

        Assert.Single(group[1].TakeReady().ReadStates);
    }

    [Fact]
    public void Leader_RequestWithoutContext_IsPassedOver()
    {
        MemberGroup group = LedBy1();

        group[1].Node.Step(new RaftMessage { Type = MessageType.ReadIndex, From = 2 });

        Assert.Empty(MemberGroup.TakeSent(group[1]));
    }

    private static MemberGroup LedBy1(Func<RaftOptions, RaftOptions>? with = null)
    {
        var group = new MemberGroup(3, with);
        group.Elect(1);
        return group;
    }
}
