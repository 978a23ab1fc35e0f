namespace Etcd.Raft;

/// <summary>What a leader does with a message of its term, and on a tick.</summary>
internal sealed class LeaderRole(RaftCore core)
{
    private readonly FollowerAnswers _answers = new(core);

    public void Tick()
    {
        if (core.Clock.TickLeader())
        {
            if (core.Options.CheckQuorum)
            {
                CheckQuorum();
            }

            // Who could not take over within an election time-out will not: lead on.
            core.Transfer.Abort();
        }

        if (core.Role == RaftRole.Leader && core.Clock.TakeHeartbeat())
        {
            core.Replicator.BroadcastHeartbeat();
        }
    }

    public StepOutcome Step(RaftMessage message)
    {
        switch (message.Type)
        {
            case MessageType.Propose:
                return core.Proposals.Step(message);
            case MessageType.ReadIndex:
                core.Reads.OnRequest(message);
                return StepOutcome.Processed;
            case MessageType.ForgetLeader:
                return StepOutcome.Processed;
        }

        Progress? member = core.Members.Find(message.From);
        if (member is null)
        {
            core.Observer?.Observe(new ProgressMissing(message.From));
            return StepOutcome.Processed;
        }

        switch (message.Type)
        {
            case MessageType.AppendResponse:
                _answers.OnAppendResponse(member, message);
                break;
            case MessageType.HeartbeatResponse:
                _answers.OnHeartbeatResponse(member, message);
                break;
            case MessageType.SnapshotStatus:
                _answers.OnSnapshotStatus(member, delivered: !message.Reject);
                break;
            case MessageType.Unreachable:
                _answers.OnUnreachable(member);
                break;
            case MessageType.TransferLeader:
                core.Transfer.Begin(member);
                break;
        }

        return StepOutcome.Processed;
    }

    /// <summary>Steps down unless a quorum was heard of since the last check (raft thesis, section 6.2).</summary>
    private void CheckQuorum()
    {
        VoteResult active = core.Members.Voters.Tally(new ActiveVoters(core));
        if (active != VoteResult.Won)
        {
            core.Observer?.Observe(new QuorumLost());
            core.BecomeFollower(core.Term, leader: 0);
        }

        foreach (Progress member in core.Members.Members)
        {
            if (member.Id != core.Id)
            {
                member.RecentlyActive = false;
            }
        }
    }

    /// <summary>Being active as a vote for the leader.</summary>
    private readonly struct ActiveVoters(RaftCore core) : IVotes
    {
        public bool? VoteOf(ulong id) => core.Members.Find(id)?.RecentlyActive;
    }
}
