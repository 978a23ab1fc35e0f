namespace Etcd.Raft;

/// <summary>A node's own election: asking for votes and counting them (raft paper, section 5.2; thesis, section 9.6).</summary>
internal sealed class Campaign(RaftCore core) : IVotes
{
    private static readonly byte[] TransferContext = RaftMessage.TransferCampaignContext.ToArray();

    private readonly Dictionary<ulong, bool> _votes = [];

    /// <inheritdoc />
    public bool? VoteOf(ulong id) => _votes.TryGetValue(id, out bool granted) ? granted : null;

    /// <summary>Whether a vote request was made on the leader's own wish.</summary>
    public static bool IsTransfer(RaftMessage request) => request.Context.Span.SequenceEqual(TransferContext);

    public void ClearVotes() => _votes.Clear();

    /// <summary>Starts an election, unless the node leads or must not lead.</summary>
    public void Start(CampaignKind kind)
    {
        CampaignRefusal? refusal = core.Role == RaftRole.Leader ? CampaignRefusal.AlreadyLeader
            : !core.IsPromotable ? CampaignRefusal.NotPromotable
            : core.Membership.HasUnappliedChange() ? CampaignRefusal.PendingConfigurationChange
            : null;
        if (refusal is not null)
        {
            core.Observer?.Observe(new CampaignRefused(core.Term, refusal.Value));
            return;
        }

        core.Observer?.Observe(new ElectionStarted(core.Term));
        AskForVotes(kind);
    }

    /// <summary>Counts a vote in the election the node is holding.</summary>
    public void OnVote(RaftMessage response)
    {
        core.Observer?.Observe(new VoteReceived(response.Type, response.From, core.Term, !response.Reject));

        // The first word counts: a message may come twice.
        _votes.TryAdd(response.From, !response.Reject);
        ReportCount(response.Type);
        switch (core.Members.Voters.Tally(this))
        {
            case VoteResult.Won when core.Role == RaftRole.PreCandidate:
                AskForVotes(CampaignKind.Vote);
                break;
            case VoteResult.Won:
                core.BecomeLeader();
                core.Replicator.Broadcast();
                break;
            case VoteResult.Lost:
                // A lost pre-vote raises no term either.
                core.BecomeFollower(core.Term, leader: 0);
                break;
        }
    }

    private void AskForVotes(CampaignKind kind)
    {
        bool isPreVote = kind == CampaignKind.PreVote;
        if (isPreVote)
        {
            core.BecomePreCandidate();
        }
        else
        {
            core.BecomeCandidate();
        }

        MessageType type = isPreVote ? MessageType.PreVote : MessageType.Vote;
        ulong term = isPreVote ? core.Term + 1 : core.Term;
        EntryId last = core.Log.LastEntry;
        foreach (ulong voter in core.Members.Voters.Ids)
        {
            if (voter == core.Id)
            {
                // Its own vote counts like any other: once it is durable.
                core.Outbox.SendAfterAppend(new RaftMessage
                {
                    Type = isPreVote ? MessageType.PreVoteResponse : MessageType.VoteResponse,
                    To = voter,
                    From = voter,
                    Term = term,
                });
                continue;
            }

            core.Observer?.Observe(new VoteRequested(type, voter, core.Term, last.Term, last.Index));
            core.Outbox.Send(new RaftMessage
            {
                Type = type,
                To = voter,
                From = core.Id,
                Term = term,
                LogTerm = last.Term,
                Index = last.Index,
                Context = kind == CampaignKind.Transfer ? TransferContext : default(ReadOnlyMemory<byte>),
            });
        }
    }

    private void ReportCount(MessageType type)
    {
        if (core.Observer is null)
        {
            return;
        }

        int granted = 0;
        int rejected = 0;
        foreach (Progress member in core.Members.Members)
        {
            bool? vote = member.IsLearner ? null : VoteOf(member.Id);
            granted += vote == true ? 1 : 0;
            rejected += vote == false ? 1 : 0;
        }

        core.Observer.Observe(new VotesCounted(type, granted, rejected));
    }
}
