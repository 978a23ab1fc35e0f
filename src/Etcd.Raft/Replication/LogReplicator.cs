namespace Etcd.Raft;

/// <summary>Leader: sends entries, commit index and heartbeats to the other members.</summary>
internal sealed class LogReplicator(RaftCore core)
{
    private readonly SnapshotSender _snapshots = new(core);
    private bool _broadcastDue;

    /// <summary>A new term or role: nothing is known of the members' logs.</summary>
    public void Reset()
    {
        _broadcastDue = false;
        ulong last = core.Log.LastIndex;
        foreach (Progress member in core.Members.Members)
        {
            member.Reset(match: member.Id == core.Id ? last : 0, next: last + 1);
        }
    }

    public void OnBecomeLeader()
    {
        // The leader itself never needs to be probed, and is always active.
        Progress? self = core.Members.Find(core.Id);
        Invariant.Holds(self is not null, $"leader {core.Id:x} has no progress of its own");
        self.BecomeReplicate();
        self.RecentlyActive = true;
    }

    /// <summary>Commits what a quorum has acknowledged, and tells all members. Entries of earlier terms are committed only along with
    /// one of this term (raft paper, section 5.4.2).</summary>
    /// <returns>Whether the commit index moved.</returns>
    public bool TryCommit()
    {
        if (!core.Options.CommitRule.TryCommit(core.Log, core.Term, core.Members.CommittedIndex()))
        {
            return false;
        }

        core.Reads.OnCommitted();
        Broadcast();
        return true;
    }

    /// <summary>Tells all members of new entries or a new commit index: now, or with the next <see cref="Flush"/>.</summary>
    public void Broadcast()
    {
        if (core.Options.CoalesceSends)
        {
            _broadcastDue = true;
            return;
        }

        foreach (Progress member in core.Members.Members)
        {
            if (member.Id != core.Id)
            {
                TrySendAppend(member, evenIfEmpty: true);
            }
        }
    }

    /// <summary>Sends what a member lacks after it has acknowledged something.</summary>
    /// <param name="member">The member.</param>
    /// <param name="commitTold">Whether a broadcast has just told it the commit index.</param>
    public void CatchUp(Progress member, bool commitTold)
    {
        if (core.Options.CoalesceSends)
        {
            _broadcastDue = true;
            return;
        }

        if (!commitTold && member.CanBumpCommit(core.Log.Committed))
        {
            TrySendAppend(member, evenIfEmpty: true);
        }

        // Room in the window may allow for several appends of limited size at once.
        while (TrySendAppend(member, evenIfEmpty: false))
        {
        }
    }

    /// <summary>Sends what has become due since the last time.</summary>
    public void Flush()
    {
        if (!_broadcastDue)
        {
            return;
        }

        _broadcastDue = false;
        foreach (Progress member in core.Members.Members)
        {
            bool tellCommit = member.CanBumpCommit(core.Log.Committed);
            while (member.Id != core.Id && TrySendAppend(member, evenIfEmpty: tellCommit))
            {
                tellCommit = false;
            }
        }
    }

    /// <summary>Sends the other members the entries they lack, if any; used when the configuration has changed.</summary>
    public void Probe()
    {
        foreach (Progress member in core.Members.Members)
        {
            if (member.Id != core.Id)
            {
                TrySendAppend(member, evenIfEmpty: false);
            }
        }
    }

    /// <summary>Sends one append, or a snapshot where the entries are gone.</summary>
    /// <param name="member">The receiver.</param>
    /// <param name="evenIfEmpty">Whether an append without entries is worth sending, for its commit index or its answer.</param>
    /// <returns>Whether something was sent.</returns>
    public bool TrySendAppend(Progress member, bool evenIfEmpty)
    {
        if (member.IsPaused)
        {
            return false;
        }

        ulong previous = member.Next - 1;
        if (!core.Log.TryGetTerm(previous, out ulong previousTerm))
        {
            return _snapshots.TrySend(member);
        }

        // Into a full window only an empty append goes: it makes the member answer if all before it were lost.
        ReadOnlyMemory<Entry> entries = default;
        bool mayCarryEntries = member.State != ProgressState.Replicate || !member.IsWindowFull;
        if (mayCarryEntries && !core.Log.TryGetEntries(member.Next, core.Options.MessageBytesMax, out entries))
        {
            return _snapshots.TrySend(member);
        }

        if (entries.IsEmpty && !evenIfEmpty)
        {
            return false;
        }

        core.Outbox.Send(new RaftMessage
        {
            Type = MessageType.Append,
            To = member.Id,
            From = core.Id,
            Term = core.Term,
            LogTerm = previousTerm,
            Index = previous,
            Commit = core.Log.Committed,
            Entries = entries,
        });
        member.OnAppendSent(entries.Length, EntrySize.Payload(entries.Span), core.Log.Committed);
        return true;
    }

    /// <summary>Sends a heartbeat to all, carrying the newest read round that still waits for answers.</summary>
    public void BroadcastHeartbeat()
    {
        ReadOnlyMemory<byte> context = core.Reads.PendingContext;
        foreach (Progress member in core.Members.Members)
        {
            if (member.Id != core.Id)
            {
                SendHeartbeat(member, context);
            }
        }
    }

    private void SendHeartbeat(Progress member, ReadOnlyMemory<byte> context)
    {
        // The member may hold other entries than we do beyond what is known to match.
        ulong commit = Math.Min(member.Match, core.Log.Committed);
        core.Outbox.Send(new RaftMessage
        {
            Type = MessageType.Heartbeat,
            To = member.Id,
            From = core.Id,
            Term = core.Term,
            Commit = commit,
            Context = context,
        });
        member.OnCommitSent(commit);
    }
}
