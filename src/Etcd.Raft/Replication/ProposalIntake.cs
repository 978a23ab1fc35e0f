namespace Etcd.Raft;

/// <summary>Takes proposals: a leader into its log, a follower on to the leader.</summary>
internal sealed class ProposalIntake(RaftCore core)
{
    // Payload bytes proposed in this term and not yet reported as applied: bounds the log while no quorum answers.
    private ulong _uncommittedBytes;

    public void Reset() => _uncommittedBytes = 0;

    /// <summary>Begins the term with an empty entry, since only an entry of its own term lets a leader commit (raft paper, section 8).</summary>
    public void OnBecomeLeader()
    {
        core.Gate.OnBecomeLeader();
        AppendOwn(new Entry(core.Term, core.Log.LastIndex + 1, EntryType.Normal, default));
    }

    /// <summary>Takes one proposal of this member's own.</summary>
    public ProposeOutcome Propose(EntryType type, ReadOnlyMemory<byte> data, object? attachment)
    {
        ProposeOutcome refusal = Refusal();
        if (refusal != ProposeOutcome.Accepted)
        {
            return Drop(refusal);
        }

        var proposal = new Entry(0, 0, type, data, attachment);
        if (core.Role != RaftRole.Leader)
        {
            Forward(core.Id, new[] { proposal });
            return ProposeOutcome.Accepted;
        }

        if (!TryReserve((ulong)data.Length))
        {
            return Drop(ProposeOutcome.TooMuchUncommitted);
        }

        Append(in proposal);
        core.Replicator.Broadcast();
        return ProposeOutcome.Accepted;
    }

    /// <summary>Takes a message with proposals: all of them or none.</summary>
    public StepOutcome Step(RaftMessage message)
    {
        ProposeOutcome refusal = Refusal();
        if (refusal == ProposeOutcome.Accepted && core.Role != RaftRole.Leader)
        {
            Forward(message.From == 0 ? core.Id : message.From, message.Entries);
            return StepOutcome.Processed;
        }

        ReadOnlySpan<Entry> proposals = message.Entries.Span;
        if (refusal == ProposeOutcome.Accepted && !TryReserve(EntrySize.Payload(proposals)))
        {
            refusal = ProposeOutcome.TooMuchUncommitted;
        }

        if (refusal != ProposeOutcome.Accepted)
        {
            Drop(refusal);
            return StepOutcome.ProposalDropped;
        }

        foreach (ref readonly Entry proposal in proposals)
        {
            Append(in proposal);
        }

        core.Replicator.Broadcast();
        return StepOutcome.Processed;
    }

    /// <summary>Frees the room of entries that were committed and applied.</summary>
    public void OnApplied(ReadOnlySpan<Entry> entries) =>
        _uncommittedBytes -= Math.Min(_uncommittedBytes, EntrySize.Payload(entries));

    private ProposeOutcome Refusal() => core.Role switch
    {
        RaftRole.Leader when !core.Members.Contains(core.Id) => ProposeOutcome.NotMember,
        RaftRole.Leader when core.Transfer.Target != 0 => ProposeOutcome.TransferringLeadership,
        RaftRole.Leader => ProposeOutcome.Accepted,
        RaftRole.Follower when core.Leader == 0 => ProposeOutcome.NoLeader,
        RaftRole.Follower when core.Options.DisableProposalForwarding => ProposeOutcome.ForwardingDisabled,
        RaftRole.Follower => ProposeOutcome.Accepted,
        _ => ProposeOutcome.NoLeader,
    };

    private ProposeOutcome Drop(ProposeOutcome reason)
    {
        core.Observer?.Observe(new ProposalDropped(core.Term, reason, core.Leader, core.Transfer.Target));
        return reason;
    }

    private void Append(in Entry proposal)
    {
        ulong index = core.Log.LastIndex + 1;
        Entry admitted = proposal.Type == EntryType.Normal ? proposal : core.Gate.Admit(in proposal, index);
        AppendOwn(admitted with { Term = core.Term, Index = index });
    }

    private void AppendOwn(in Entry entry)
    {
        core.Log.Append(in entry);
        core.Outbox.AcknowledgeOwnAppend(new EntryId(entry.Term, entry.Index));
    }

    private bool TryReserve(ulong bytes)
    {
        // A single proposal of any size passes when nothing else is waiting, and empty ones always do: those are the
        // leader's own, which end the wait.
        ulong limit = core.Options.UncommittedBytesMax;
        if (limit != 0 && _uncommittedBytes > 0 && bytes > 0 && _uncommittedBytes + bytes > limit)
        {
            return false;
        }

        _uncommittedBytes += bytes;
        return true;
    }

    private void Forward(ulong from, ReadOnlyMemory<Entry> proposals) => core.Outbox.Send(new RaftMessage
    {
        Type = MessageType.Propose,
        To = core.Leader,
        From = from,
        Entries = proposals,
    });
}
