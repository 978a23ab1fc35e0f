namespace Etcd.Raft;

/// <summary>What a candidate or pre-candidate does with a message of its term.</summary>
internal sealed class CandidateRole(RaftCore core)
{
    private readonly AppendReceiver _appends = new(core);
    private readonly SnapshotReceiver _snapshots = new(core);

    public StepOutcome Step(RaftMessage message)
    {
        switch (message.Type)
        {
            case MessageType.Propose:
                return core.Proposals.Step(message);
            case MessageType.Append:
                // Somebody else has won the term.
                core.BecomeFollower(message.Term, message.From);
                _appends.OnAppend(message);
                break;
            case MessageType.Heartbeat:
                core.BecomeFollower(message.Term, message.From);
                _appends.OnHeartbeat(message);
                break;
            case MessageType.Snapshot:
                core.BecomeFollower(message.Term, message.From);
                _snapshots.OnSnapshot(message);
                break;
            case MessageType.VoteResponse when core.Role == RaftRole.Candidate:
            case MessageType.PreVoteResponse when core.Role == RaftRole.PreCandidate:
                core.Campaign.OnVote(message);
                break;
            case MessageType.TimeoutNow:
                core.Observer?.Observe(new TimeoutNowReceived(message.From, core.Term, core.Role));
                break;
        }

        return StepOutcome.Processed;
    }
}
