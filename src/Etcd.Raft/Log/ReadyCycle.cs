namespace Etcd.Raft;

/// <summary>Turns what has gathered in the core into <see cref="Ready"/> values, and knows what was handed out.</summary>
internal sealed class ReadyCycle(RaftCore core)
{
    private readonly bool _async = core.Options.AsyncStorageWrites;

    // What to step into the core once the owner has done its part; empty with asynchronous storage writes.
    private readonly List<RaftMessage> _onAdvance = [];
    private SoftState _softState = core.SoftState;
    private HardState _hardState = core.HardState;

    // Without asynchronous writes the owner persists a Ready before it applies it, so entries of the same Ready may be applied.
    private bool MayApplyUnstable => !_async;

    public bool HasReady
    {
        get
        {
            FlushSends();
            return !core.Outbox.IsEmpty
                || core.SoftState != _softState
                || HardStateChanged
                || core.Log.Unstable.SnapshotToWrite is not null
                || !core.Log.Unstable.EntriesToWrite.IsEmpty
                || core.Log.HasNextCommitted(MayApplyUnstable)
                || core.Reads.HasAnswers;
        }
    }

    private bool HardStateChanged => core.HardState is { IsEmpty: false } state && state != _hardState;

    /// <summary>Takes everything that has gathered.</summary>
    public Ready Take()
    {
        FlushSends();
        HardState hardState = HardStateChanged ? core.HardState : default;
        ReadOnlyMemory<Entry> entries = core.Log.Unstable.EntriesToWrite;
        ReadOnlyMemory<Entry> committed = core.Log.NextCommitted(MayApplyUnstable);
        Snapshot? snapshot = core.Log.Unstable.SnapshotToWrite;
        bool termOrVoteChanged = core.Term != _hardState.Term || core.Vote != _hardState.Vote;
        List<RaftMessage> messages = core.Outbox.TakeMessages();
        List<RaftMessage> afterAppend = core.Outbox.TakeAfterAppend();
        if (_async)
        {
            AddStorageMessages(messages, hardState, entries, snapshot, committed, afterAppend);
        }
        else
        {
            ScheduleAdvance(messages, snapshot, committed, afterAppend);
        }

        var ready = new Ready
        {
            SoftState = core.SoftState == _softState ? null : core.SoftState,
            HardState = hardState,
            ReadStates = core.Reads.TakeAnswers(),
            Entries = entries,
            Snapshot = snapshot,
            CommittedEntries = committed,
            Messages = messages,
            MustSync = entries.Length > 0 || termOrVoteChanged,
        };
        Accept(committed);
        return ready;
    }

    /// <summary>Steps what the owner's work on the last <see cref="Ready"/> means for the core.</summary>
    public void Advance()
    {
        foreach (RaftMessage message in _onAdvance)
        {
            core.Step(message);
        }

        _onAdvance.Clear();
    }

    /// <summary>Takes the present hard state for one that has yet to be handed out.</summary>
    public void ForgetHandedOutHardState() => _hardState = default;

    private void FlushSends()
    {
        core.Replicator.Flush();
        core.Reads.Flush();
    }

    private void Accept(ReadOnlyMemory<Entry> committed)
    {
        _softState = core.SoftState;
        if (!core.HardState.IsEmpty)
        {
            _hardState = core.HardState;
        }

        core.Log.Unstable.MarkInProgress();
        if (!committed.IsEmpty)
        {
            core.Log.MarkApplying(committed.Span, MayApplyUnstable);
        }
    }

    private void AddStorageMessages(
        List<RaftMessage> messages,
        HardState hardState,
        ReadOnlyMemory<Entry> entries,
        Snapshot? snapshot,
        ReadOnlyMemory<Entry> committed,
        List<RaftMessage> afterAppend)
    {
        // Votes and acknowledgements wait for the writes before them even if this one writes nothing.
        if (!hardState.IsEmpty || !entries.IsEmpty || snapshot is not null || afterAppend.Count > 0)
        {
            AddAcknowledgement(afterAppend, snapshot);
            messages.Add(new RaftMessage
            {
                Type = MessageType.StorageAppend,
                To = RaftMessage.LocalAppendThread,
                From = core.Id,
                Term = hardState.Term,
                Vote = hardState.Vote,
                Commit = hardState.Commit,
                Entries = entries,
                Snapshot = snapshot,
                Responses = afterAppend,
            });
        }

        if (!committed.IsEmpty)
        {
            messages.Add(new RaftMessage
            {
                Type = MessageType.StorageApply,
                To = RaftMessage.LocalApplyThread,
                From = core.Id,
                Entries = committed,
                Responses = new[] { AppliedResponse(committed) },
            });
        }
    }

    private void ScheduleAdvance(
        List<RaftMessage> messages,
        Snapshot? snapshot,
        ReadOnlyMemory<Entry> committed,
        List<RaftMessage> afterAppend)
    {
        Invariant.Holds(_onAdvance.Count == 0, $"a Ready was taken before the last one was advanced");
        foreach (RaftMessage message in afterAppend)
        {
            (message.To == core.Id ? _onAdvance : messages).Add(message);
        }

        AddAcknowledgement(_onAdvance, snapshot);
        if (!committed.IsEmpty)
        {
            _onAdvance.Add(AppliedResponse(committed));
        }
    }

    /// <summary>Adds the log writer's acknowledgement to the node, if there is something to acknowledge.</summary>
    /// <remarks>
    /// It names the log's last entry, with its term, and carries the current term. An index alone would not do: the entry may
    /// be replaced while it is being written, and its replacement's write may be queued behind. With the current term and
    /// the entry's own, an acknowledgement counts only if nothing that is still queued can change what it acknowledges.
    /// It is added whenever anything is unstable, not only with new entries: the one sent with the entries may have been
    /// voided by a change of term.
    /// </remarks>
    private void AddAcknowledgement(List<RaftMessage> responses, Snapshot? snapshot)
    {
        bool hasUnstable = core.Log.Unstable.Count > 0;
        if (!hasUnstable && snapshot is null)
        {
            return;
        }

        EntryId last = hasUnstable ? core.Log.LastEntry : default;
        responses.Add(new RaftMessage
        {
            Type = MessageType.StorageAppendResponse,
            To = core.Id,
            From = RaftMessage.LocalAppendThread,
            Term = core.Term,
            Index = last.Index,
            LogTerm = last.Term,
            Snapshot = snapshot,
        });
    }

    private RaftMessage AppliedResponse(ReadOnlyMemory<Entry> committed) => new()
    {
        Type = MessageType.StorageApplyResponse,
        To = core.Id,
        From = RaftMessage.LocalApplyThread,
        Entries = committed,
    };
}
