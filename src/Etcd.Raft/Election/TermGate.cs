namespace Etcd.Raft;

/// <summary>Decides what a message's term means before its content counts (raft paper, section 5.1).</summary>
internal sealed class TermGate(RaftCore core, VoteDecider votes)
{
    /// <summary>Whether a leader is being heard, so that votes are refused (raft thesis, section 4.2.3).</summary>
    private bool IsInLease =>
        core.Options.CheckQuorum && core.Leader != 0 && core.Clock.ElectionElapsed < core.Clock.ElectionTicks;

    /// <summary>Enters a higher term and answers what is of a lower one.</summary>
    /// <returns>Whether the message is to be stepped in the present term.</returns>
    public bool TryPass(RaftMessage message)
    {
        // Term 0 is no term: the message is the node's own, or not bound to one (proposals, read-index requests).
        if (message.Term == 0 || message.Term == core.Term)
        {
            return true;
        }

        if (message.Term > core.Term)
        {
            return TryEnter(message);
        }

        OnLowerTerm(message);
        return false;
    }

    private bool TryEnter(RaftMessage message)
    {
        if (message.Type is MessageType.Vote or MessageType.PreVote && IsInLease && !Campaign.IsTransfer(message))
        {
            // A member that cannot hear the leader must not depose it while this one can.
            votes.ReportIgnored(message);
            return false;
        }

        // A pre-vote's term is one that nobody is in yet, and so is that of its granted answer.
        if (message.Type == MessageType.PreVote || message is { Type: MessageType.PreVoteResponse, Reject: false })
        {
            return true;
        }

        core.Observer?.Observe(new HigherTermReceived(message.Type, message.From, core.Term, message.Term));
        bool isFromLeader = message.Type is MessageType.Append or MessageType.Heartbeat or MessageType.Snapshot;
        core.BecomeFollower(message.Term, isFromLeader ? message.From : 0);
        return true;
    }

    private void OnLowerTerm(RaftMessage message)
    {
        switch (message.Type)
        {
            case MessageType.Append or MessageType.Heartbeat when core.Options.CheckQuorum || core.Options.PreVote:
                // Members in a lease, or asking pre-votes, do not depose a leader by raising their term: one that was cut off with
                // a higher term would stay stuck. This answer carries the term to the leader, so that it steps down.
                core.Outbox.SendAfterAppend(new RaftMessage
                {
                    Type = MessageType.AppendResponse,
                    To = message.From,
                    From = core.Id,
                    Term = core.Term,
                });
                break;
            case MessageType.PreVote:
                // The asker may be stuck at a lower term with a log too old to win: tell it the term.
                votes.RejectOldPreVote(message);
                break;
            case MessageType.StorageAppendResponse:
                core.Storage.OnAppendedInLowerTerm(message);
                break;
            default:
                core.Observer?.Observe(new LowerTermIgnored(message.Type, message.From, core.Term, message.Term));
                break;
        }
    }
}
