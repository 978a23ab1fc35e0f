namespace Etcd.Raft.Tests.Node;

public sealed class SingleVoterTests
{
    private static readonly ConfState OneVoter = new() { Voters = [1] };

    [Fact]
    public void Candidate_OwnVoteIsNotDurable_DoesNotLead()
    {
        var member = new AsyncMember(members: OneVoter);

        member.Node.Campaign();
        Ready ready = member.TakeReady();

        Assert.Equal(RaftRole.Candidate, member.Node.SoftState.Role);
        Assert.True(ready.MustSync);
        Assert.Equal(new HardState(1, 1, 1), member.AppendWork.Peek().HardState);

        member.WriteLog();

        Assert.Equal(RaftRole.Leader, member.Node.SoftState.Role);
    }

    // Incident #14370: a single member acknowledged writes before the log had them on disk.
    [Fact]
    public void Leader_OwnAppendIsNotDurable_CommitsNothing()
    {
        var member = new AsyncMember(members: OneVoter);
        member.BecomeLeader();
        ulong commit = member.Node.Commit;

        member.Node.Propose("a"u8.ToArray());
        member.TakeReady();

        Assert.False(member.Node.HasReady);
        Assert.Equal(commit, member.Node.Commit);

        member.WriteLog();

        Assert.Equal(commit + 1, member.Node.Commit);
        Assert.Equal(commit + 1, member.TakeReady().CommittedEntries.Span[0].Index);
    }

    [Fact]
    public void Leader_ManyProposalsBeforeReady_TravelInOneWriteAndOneApply()
    {
        var member = new AsyncMember(members: OneVoter);
        member.BecomeLeader();
        for (int i = 0; i < 300; i++)
        {
            member.Node.Propose(System.Text.Encoding.UTF8.GetBytes($"p{i}"));
        }

        Ready ready = member.TakeReady();

        RaftMessage write = Assert.Single(ready.Messages);
        Assert.Equal(300, write.Entries.Length);
        Assert.Equal([MessageType.AppendResponse, MessageType.StorageAppendResponse], write.Responses.Select(r => r.Type));

        member.WriteLog();

        RaftMessage apply = Assert.Single(member.TakeReady().Messages, m => m.Type == MessageType.StorageApply);
        Assert.Equal(300, apply.Entries.Length);
        Assert.Equal("p299"u8.ToArray(), apply.Entries.Span[^1].Data.ToArray());
    }

    [Fact]
    public void Propose_WithAttachment_ComesBackWithTheCommittedEntry()
    {
        var member = new AsyncMember(members: OneVoter);
        member.BecomeLeader();
        object attachment = new();

        ProposeOutcome outcome = member.Node.Propose("a"u8.ToArray(), attachment);
        member.RunUntilIdle();

        Assert.Equal(ProposeOutcome.Accepted, outcome);
        Assert.Same(attachment, member.Applied[^1].Attachment);
    }

    [Fact]
    public void ReadIndex_SingleVoter_AnswersAtOnceWithTheCommitIndex()
    {
        var member = new AsyncMember(members: OneVoter);
        member.BecomeLeader();
        member.Node.Propose("a"u8.ToArray());
        member.RunUntilIdle();

        member.Node.ReadIndex("r1"u8.ToArray());
        Ready ready = member.TakeReady();

        ReadState read = Assert.Single(ready.ReadStates);
        Assert.Equal(member.Node.Commit, read.Index);
        Assert.Equal("r1"u8.ToArray(), read.Context.ToArray());
    }

    // The commit index on disk may lag behind what was acknowledged: a read answered with it would miss acknowledged writes.
    [Fact]
    public void ReadIndex_RestartedWithCommitBehindTheLog_WaitsForTheFirstCommitOfItsTerm()
    {
        var log = new MemoryLog();
        log.ApplySnapshot(new Snapshot(new SnapshotMetadata(1, 1, OneVoter), default));
        log.Append([new Entry(1, 2, EntryType.Normal, "acknowledged"u8.ToArray())]);
        log.SetHardState(new HardState(1, 1, 1));
        var member = new AsyncMember(log: log);
        member.Node.Campaign();
        member.TakeReady();
        member.WriteLog();
        Assert.Equal(RaftRole.Leader, member.Node.SoftState.Role);

        member.Node.ReadIndex("r1"u8.ToArray());

        Assert.Empty(member.TakeReady().ReadStates);
        member.RunUntilIdle();
        Assert.Equal(3UL, Assert.Single(member.Reads).Index);
    }

    [Fact]
    public void Node_RestartedFromLog_GoesOnWhereItStopped()
    {
        var member = new AsyncMember(members: OneVoter);
        member.BecomeLeader();
        member.Node.Propose("a"u8.ToArray());
        member.RunUntilIdle();
        HardState before = member.Log.HardState;

        var restarted = new AsyncMember(log: member.Log);

        RaftStatus status = restarted.Node.Status;
        Assert.Equal((before.Term, before.Vote, before.Commit), (status.Term, status.Vote, status.Commit));
        Assert.Equal(1UL, status.Applied);
        restarted.RunUntilIdle();
        Assert.Equal(member.Applied.Select(e => e.Index), restarted.Applied.Select(e => e.Index));
        restarted.BecomeLeader();
        Assert.Equal(before.Term + 1, restarted.Node.Term);
    }

    [Fact]
    public void Bootstrap_EmptyLog_AppliesTheAdditionsAndElects()
    {
        var member = new AsyncMember();

        member.Node.Bootstrap([new ConfChange(ConfChangeType.AddNode, 1, "context"u8.ToArray())]);
        Ready first = member.TakeReady();

        Assert.Equal(new HardState(1, 0, 1), first.HardState);
        Assert.Equal(EntryType.ConfChange, Assert.Single(first.Entries.ToArray()).Type);
        member.RunUntilIdle();
        Assert.Equal(1UL, Assert.Single(member.Applied).Index);
        member.BecomeLeader();
        Assert.Equal(2UL, member.Node.Term);
    }

    [Fact]
    public void Node_NobodyTellsIt_ElectsItselfWithinTwoElectionTimeouts()
    {
        var member = new AsyncMember(members: OneVoter);

        for (int tick = 0; tick < 2 * 10; tick++)
        {
            member.Node.Tick();
            member.RunUntilIdle();
        }

        Assert.Equal(RaftRole.Leader, member.Node.SoftState.Role);
    }
}
