namespace Etcd.Raft.Tests.Node;

public sealed class LeadershipTests
{
    // Raft thesis, section 6.2.
    [Fact]
    public void CheckQuorumLeader_HearsOfNobody_StepsDownWithinTwoElectionTimeouts()
    {
        var group = new MemberGroup(3, o => o with { CheckQuorum = true });
        group.Elect(1);

        group.Tick(1, ticks: 20);

        Assert.Equal(new SoftState(0, RaftRole.Follower), group[1].Node.SoftState);
    }

    // Raft thesis, section 4.2.3: who cannot hear the leader does not depose it.
    [Fact]
    public void CheckQuorumFollower_HearsTheLeader_PassesOverVoteRequests()
    {
        var group = new MemberGroup(3, o => o with { CheckQuorum = true });
        group.Elect(1);
        ulong term = group[1].Node.Term;

        group[3].Node.Campaign();
        group.Settle(2, 3);

        Assert.Equal(term, group[2].Node.Term);
        Assert.Equal(RaftRole.Candidate, group[3].Node.SoftState.Role);
    }

    // Raft thesis, section 9.6.
    [Fact]
    public void PreVoteMember_CutOffAndBack_RaisesNobodysTerm()
    {
        var group = new MemberGroup(3, o => o with { PreVote = true, CheckQuorum = true });
        group.Elect(1);
        ulong term = group[1].Node.Term;
        group.Tick(3, ticks: 100);
        MemberGroup.TakeSent(group[3]);

        group.Tick(1);
        group.Settle();

        Assert.Equal(term, group[3].Node.Term);
        Assert.Equal(new SoftState(1, RaftRole.Follower), group[3].Node.SoftState);
    }

    // Raft thesis, section 3.10.
    [Fact]
    public void Transfer_TargetLagsBehind_CatchesUpThenLeads()
    {
        var group = new MemberGroup(3, o => o with { PreVote = true, CheckQuorum = true });
        group.Elect(1);
        group.Propose(1, "a");
        group.Settle(1, 3);

        group[1].Node.TransferLeadership(2);
        group.Tick(1);
        group.Settle();

        Assert.Equal(RaftRole.Leader, group[2].Node.SoftState.Role);
        Assert.Equal(2UL, group[1].Node.SoftState.Leader);
    }

    [Fact]
    public void Transfer_AskedOfAFollower_IsPassedOnToTheLeader()
    {
        var group = new MemberGroup(3);
        group.Elect(1);

        group[2].Node.TransferLeadership(3);
        group.Settle();

        Assert.Equal(RaftRole.Leader, group[3].Node.SoftState.Role);
    }

    [Fact]
    public void ElectionTimeouts_OfOneSeed_AreTheSame_AndLieBetweenOneAndTwoTimeouts()
    {
        static int[] Draw(ulong seed)
        {
            var clock = new ElectionClock(electionTicks: 10, heartbeatTicks: 1, seed);
            return
            [
                .. Enumerable.Range(0, 200).Select(_ =>
                {
                    clock.Reset();
                    return clock.RandomizedTimeoutTicks;
                }),
            ];
        }

        Assert.Equal(Draw(7), Draw(7));
        Assert.NotEqual(Draw(7), Draw(8));
        Assert.Equal(Enumerable.Range(10, 10), Draw(7).Distinct().Order());
    }

    [Fact]
    public void StepDown_OfTheLeader_KeepsTermAndVoteAndLetsTheOthersElect()
    {
        var group = new MemberGroup(3, o => o with { CheckQuorum = true, PreVote = true });
        group.Elect(1);
        RaftStatus before = group[1].Node.Status;

        group[1].Node.StepDown();

        RaftStatus after = group[1].Node.Status;
        Assert.Equal((RaftRole.Follower, 0UL, before.Term, before.Vote), (after.Role, after.Leader, after.Term, after.Vote));
        group.Tick(2, ticks: 20);
        group.Tick(3, ticks: 20);
        group.Settle();
        Assert.Contains(RaftRole.Leader, new[] { group[2].Node.SoftState.Role, group[3].Node.SoftState.Role });
    }

    [Fact]
    public void StepDown_OfAFollower_ChangesNothing()
    {
        var group = new MemberGroup(3);
        group.Elect(1);

        group[2].Node.StepDown();

        Assert.Equal(new SoftState(1, RaftRole.Follower), group[2].Node.SoftState);
    }

    [Fact]
    public void StandsForElection_NoMore_StartsNoElectionButVotes()
    {
        var group = new MemberGroup(3, o => o with { PreVote = true });
        group[1].Node.StandsForElection = false;

        group[1].Node.Campaign();
        group.Tick(1, ticks: 100);
        Assert.Equal(RaftRole.Follower, group[1].Node.SoftState.Role);

        group[2].Node.Campaign();
        group.Settle(1, 2);
        Assert.Equal(RaftRole.Leader, group[2].Node.SoftState.Role);

        group[2].Node.TransferLeadership(1);
        group.Settle();
        Assert.Equal(RaftRole.Leader, group[2].Node.SoftState.Role);

        group[1].Node.StandsForElection = true;
        group.Tick(2, ticks: 10);
        group[2].Node.TransferLeadership(1);
        group.Settle();
        Assert.Equal(RaftRole.Leader, group[1].Node.SoftState.Role);
    }

    // All others have given the leader up by the first turn, and have voted by the second.
    [Fact]
    public void ExpectElection_LeaderIsGone_VotersTakeTurnsByTheirIds()
    {
        var group = new MemberGroup(4);
        group.Elect(2);
        ulong[] others = [1, 3, 4];

        int[] ticks = [.. others.Select(id =>
        {
            group[id].Node.ExpectElection();
            return TicksUntilElection(group[id].Node);
        })];

        int timeout = group[1].Node.Core.Clock.ElectionTicks;
        Assert.Equal([timeout + 1, timeout + 3, timeout + 5], ticks);
    }

    [Fact]
    public void ExpectElection_LeaderIsHeardOfAgain_KeepsItsPlace()
    {
        var group = new MemberGroup(3);
        group.Elect(2);
        group[1].Node.ExpectElection();
        int timeout = group[1].Node.Core.Clock.ElectionTicks;

        group.Tick(1, timeout);
        group.Tick(2);
        group.Settle();
        group.Tick(1, timeout);

        Assert.Equal(RaftRole.Follower, group[1].Node.SoftState.Role);
        Assert.Equal(2UL, group[1].Node.SoftState.Leader);
    }

    [Theory]
    [InlineData(10, 9, 19)]
    [InlineData(2, 1, 3)]
    public void TakeTurn_ManyGoBefore_StaysWithinTwoTimeouts(int electionTicks, int turn, int expected)
    {
        var clock = new ElectionClock(electionTicks, heartbeatTicks: 1, seed: 1);

        clock.TakeTurn(turn);

        Assert.Equal(expected, clock.RandomizedTimeoutTicks);
    }

    // Raft paper, section 5.4.1.
    [Fact]
    public void Follower_CandidateLogIsBehind_RejectsVote()
    {
        var group = new MemberGroup(3);
        group.Elect(1);
        group.Propose(1, "a");
        group.Settle(1, 2);

        group[3].Node.Campaign();
        group.Settle(2, 3);

        Assert.Equal(RaftRole.Follower, group[2].Node.SoftState.Role);
        Assert.NotEqual(RaftRole.Leader, group[3].Node.SoftState.Role);
    }

    // Raft paper, figure 8 and section 5.4.2: an entry of an earlier term on a quorum is not committed by counting.
    [Fact]
    public void Leader_QuorumHoldsOnlyAnEntryOfAnEarlierTerm_DoesNotCommitIt()
    {
        var log = new MemoryLog();
        log.ApplySnapshot(new Snapshot(new SnapshotMetadata(1, 1, new ConfState { Voters = [1, 2, 3] }), default));
        log.Append([new Entry(2, 2, EntryType.Normal, default)]);
        log.SetHardState(new HardState(3, 0, 1));
        var member = new AsyncMember(log: log);
        member.Node.Campaign();
        member.RunUntilIdle();
        member.Node.Step(new RaftMessage { Type = MessageType.VoteResponse, From = 2, To = 1, Term = 4 });
        member.RunUntilIdle();
        Assert.Equal(RaftRole.Leader, member.Node.SoftState.Role);

        member.Node.Step(new RaftMessage { Type = MessageType.AppendResponse, From = 2, To = 1, Term = 4, Index = 2 });
        Assert.Equal(1UL, member.Node.Commit);

        member.Node.Step(new RaftMessage { Type = MessageType.AppendResponse, From = 2, To = 1, Term = 4, Index = 3 });
        Assert.Equal(3UL, member.Node.Commit);
    }

    [Fact]
    public void Step_ResponseFromOutsideTheConfiguration_IsRefused()
    {
        var group = new MemberGroup(3);

        Assert.Equal(StepOutcome.UnknownPeer, group[1].Node.Step(new RaftMessage { Type = MessageType.AppendResponse, From = 9, Term = 1 }));
    }

    [Theory]
    [InlineData(MessageType.Campaign)]
    [InlineData(MessageType.Unreachable)]
    [InlineData(MessageType.SnapshotStatus)]
    [InlineData(MessageType.StorageAppendResponse)]
    [InlineData(MessageType.StorageApplyResponse)]
    [InlineData(MessageType.ForgetLeader)]
    public void Step_LocalMessageFromAPeer_IsRefused(MessageType type)
    {
        var group = new MemberGroup(3);

        Assert.Equal(StepOutcome.LocalMessageFromPeer, group[1].Node.Step(new RaftMessage { Type = type, From = 2 }));
    }

    private static int TicksUntilElection(RaftNode node)
    {
        int ticks = 0;
        while (node.SoftState.Role == RaftRole.Follower)
        {
            node.Tick();
            ticks++;
        }

        return ticks;
    }
}
