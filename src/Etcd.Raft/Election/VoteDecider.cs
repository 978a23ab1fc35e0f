namespace Etcd.Raft;

/// <summary>Answers vote requests of others (raft paper, sections 5.2 and 5.4.1).</summary>
internal sealed class VoteDecider(RaftCore core)
{
    /// <summary>Grants or refuses a vote; the request is not of a lower term.</summary>
    public void Decide(RaftMessage request)
    {
        bool isPreVote = request.Type == MessageType.PreVote;
        bool mayVote =
            core.Vote == request.From // asked again
            || (core.Vote == 0 && core.Leader == 0)
            || (isPreVote && request.Term > core.Term); // a question about a future term binds nobody
        bool granted = mayVote && CandidateLast(request).IsUpToDateWith(core.Log.LastEntry);
        Report(request, granted);

        // A granted pre-vote answers with the term asked about; a refusal with our own, so that an outdated asker catches up.
        core.Outbox.SendAfterAppend(new RaftMessage
        {
            Type = ResponseTo(request.Type),
            To = request.From,
            From = core.Id,
            Term = granted ? request.Term : core.Term,
            Reject = !granted,
        });
        if (granted && !isPreVote)
        {
            core.CastVote(request.From);
        }
    }

    /// <summary>Refuses a pre-vote of a lower term, so that the asker learns the term.</summary>
    public void RejectOldPreVote(RaftMessage request)
    {
        Report(request, granted: false);
        core.Outbox.SendAfterAppend(new RaftMessage
        {
            Type = MessageType.PreVoteResponse,
            To = request.From,
            From = core.Id,
            Term = core.Term,
            Reject = true,
        });
    }

    /// <summary>Reports a request that is passed over because a leader is being heard.</summary>
    public void ReportIgnored(RaftMessage request)
    {
        if (core.Observer is null)
        {
            return;
        }

        EntryId last = core.Log.LastEntry;
        core.Observer.Observe(new VoteIgnoredInLease(
            request.Type,
            request.From,
            core.Term,
            core.Vote,
            last.Term,
            last.Index,
            request.LogTerm,
            request.Index,
            core.Clock.ElectionTicks - core.Clock.ElectionElapsed));
    }

    private static EntryId CandidateLast(RaftMessage request) => new(request.LogTerm, request.Index);

    private static MessageType ResponseTo(MessageType request) =>
        request == MessageType.PreVote ? MessageType.PreVoteResponse : MessageType.VoteResponse;

    private void Report(RaftMessage request, bool granted)
    {
        if (core.Observer is null)
        {
            return;
        }

        EntryId last = core.Log.LastEntry;
        core.Observer.Observe(new VoteDecided(
            request.Type,
            request.From,
            granted,
            core.Term,
            core.Vote,
            last.Term,
            last.Index,
            request.LogTerm,
            request.Index));
    }
}
