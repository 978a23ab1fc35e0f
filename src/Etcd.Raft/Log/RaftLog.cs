namespace Etcd.Raft;

/// <summary>A member's whole log: the durable part, read from the storage, and the unstable end.</summary>
/// <remarks>Invariants: applied &lt;= applying &lt;= committed &lt;= last index. The commit index may run ahead of what this member
/// has on its own disk, since the quorum may be others.</remarks>
internal sealed class RaftLog
{
    private readonly IRaftLogStorage _storage;
    private readonly IRaftObserver? _observer;
    private readonly UnstableLog _unstable;
    private readonly ApplyWindow _applyWindow;

    public RaftLog(IRaftLogStorage storage, ulong applyingBytesMax, IRaftObserver? observer)
    {
        _storage = storage;
        _observer = observer;
        _unstable = new UnstableLog(storage.LastIndex + 1, observer);
        _applyWindow = new ApplyWindow(applyingBytesMax);

        // Everything before the first entry is part of the snapshot, so it is committed and applied.
        Committed = Applying = Applied = storage.FirstIndex - 1;
    }

    /// <summary>Highest index known to be on a quorum.</summary>
    public ulong Committed { get; private set; }

    /// <summary>Highest index handed out to be applied.</summary>
    public ulong Applying { get; private set; }

    /// <summary>Highest index the application has reported as applied.</summary>
    public ulong Applied { get; private set; }

    public UnstableLog Unstable => _unstable;

    /// <summary>Most bytes of entries handed out to be applied at a time.</summary>
    public ulong ApplyingBytesMax => _applyWindow.BytesMax;

    public ulong FirstIndex => _unstable.Snapshot is { } snapshot ? snapshot.Metadata.Index + 1 : _storage.FirstIndex;

    public ulong LastIndex => _unstable.TryGetLastIndex(out ulong index) ? index : _storage.LastIndex;

    /// <summary>The last entry; the snapshot's if none follows it.</summary>
    public EntryId LastEntry
    {
        get
        {
            ulong index = LastIndex;
            bool known = TryGetTerm(index, out ulong term);
            Invariant.Holds(known, $"the log's last entry {index} has no known term");
            return new EntryId(term, index);
        }
    }

    /// <summary>Whether a snapshot is on its way to disk and application.</summary>
    public bool IsSnapshotPending => _unstable.Snapshot is not null;

    /// <summary>Term of the entry at <paramref name="index"/>, or of the one before the first.</summary>
    /// <returns><see langword="false"/> when it was compacted or does not exist.</returns>
    public bool TryGetTerm(ulong index, out ulong term) =>
        _unstable.TryGetTerm(index, out term)
        || (index + 1 >= FirstIndex && index <= LastIndex && _storage.TryGetTerm(index, out term));

    /// <summary>Term at <paramref name="index"/>, 0 where the log has none.</summary>
    public ulong TermOrZero(ulong index) => TryGetTerm(index, out ulong term) ? term : 0;

    /// <summary>Whether the log holds this very entry.</summary>
    public bool Contains(EntryId id) => TryGetTerm(id.Index, out ulong term) && term == id.Term;

    /// <summary>Adds an entry at the end.</summary>
    public void Append(in Entry entry) => _unstable.Add(in entry);

    /// <summary>Adds entries, in place of those from the first one's index on.</summary>
    /// <exception cref="InvariantViolationException">A committed entry would be replaced.</exception>
    public void Append(ReadOnlySpan<Entry> entries)
    {
        if (entries.IsEmpty)
        {
            return;
        }

        Invariant.Holds(entries[0].Index > Committed, $"entry {entries[0].Index} would replace a committed one, commit index {Committed}");
        _unstable.TruncateAndAppend(entries);
    }

    /// <summary>Takes in entries from a leader that follow <paramref name="previous"/>.</summary>
    /// <param name="previous">The leader's entry before the first of <paramref name="entries"/>.</param>
    /// <param name="entries">The entries.</param>
    /// <param name="leaderCommit">The leader's commit index.</param>
    /// <param name="lastNew">The last index that is known to match the leader's log.</param>
    /// <returns><see langword="false"/> when the log does not hold <paramref name="previous"/>.</returns>
    public bool TryAppend(EntryId previous, ReadOnlySpan<Entry> entries, ulong leaderCommit, out ulong lastNew)
    {
        lastNew = previous.Index + (ulong)entries.Length;
        if (!Contains(previous))
        {
            return false;
        }

        int news = CountMatching(entries);
        if (news < entries.Length)
        {
            ulong conflict = entries[news].Index;
            Invariant.Holds(conflict > Committed, $"entry {conflict} conflicts with a committed one, commit index {Committed}");
            Append(entries[news..]);
        }

        // The leader may have committed more than it has sent us: only what we have is known to be the same.
        CommitTo(Math.Min(leaderCommit, lastNew));
        return true;
    }

    /// <summary>Highest index up to <paramref name="index"/> whose term is not above <paramref name="term"/>: neither log can
    /// match the other beyond it.</summary>
    /// <returns>The place, with term 0 where the log knows none.</returns>
    public EntryId FindLastNotAbove(ulong index, ulong term)
    {
        for (; index > 0; index--)
        {
            if (!TryGetTerm(index, out ulong ownTerm))
            {
                return new EntryId(0, index);
            }

            if (ownTerm <= term)
            {
                return new EntryId(ownTerm, index);
            }
        }

        return default;
    }

    /// <summary>Moves the commit index forward; a lower one has no effect.</summary>
    /// <exception cref="InvariantViolationException"><paramref name="index"/> lies beyond the last entry: the log has lost entries.</exception>
    public void CommitTo(ulong index)
    {
        if (index <= Committed)
        {
            return;
        }

        Invariant.Holds(index <= LastIndex, $"commit index {index} lies beyond the last entry {LastIndex}: the log was corrupted, truncated or lost");
        Committed = index;
    }

    /// <summary>Commits up to <paramref name="id"/> if that moves the commit index and the log holds that entry. A leader may only
    /// count entries of its own term (raft paper, section 5.4.2), which it says in the term.</summary>
    public bool TryCommit(EntryId id)
    {
        if (id.Term == 0 || id.Index <= Committed || !Contains(id))
        {
            return false;
        }

        CommitTo(id.Index);
        return true;
    }

    /// <summary>Takes over the commit index of the stored hard state.</summary>
    public void LoadCommitted(ulong index)
    {
        Invariant.Holds(index >= Committed, $"stored commit index {index} lies before the snapshot at {Committed}");
        CommitTo(index);
    }

    /// <summary>Entries from <paramref name="first"/> to the end, as many as fit, at least one if there is one.</summary>
    /// <returns><see langword="false"/> when they were compacted.</returns>
    public bool TryGetEntries(ulong first, ulong bytesMax, out ReadOnlyMemory<Entry> entries)
    {
        entries = default;
        ulong last = LastIndex;
        if (first > last)
        {
            return true;
        }

        if (first < FirstIndex)
        {
            return false;
        }

        entries = Slice(first, last + 1, bytesMax);
        return true;
    }

    /// <summary>Entries from <paramref name="first"/> up to, not including, <paramref name="end"/>; as many as fit, at least one.</summary>
    public ReadOnlyMemory<Entry> Slice(ulong first, ulong end, ulong bytesMax)
    {
        Invariant.Holds(first >= FirstIndex, $"entries from {first} asked for, the log begins at {FirstIndex}");
        Invariant.Holds(end <= LastIndex + 1, $"entries below {end} asked for, the log ends at {LastIndex}");
        if (first >= end)
        {
            return default;
        }

        if (first >= _unstable.Offset)
        {
            return EntryRuns.Within(_unstable.Slice(first, end), bytesMax);
        }

        ulong cut = Math.Min(end, _unstable.Offset);
        ReadOnlyMemory<Entry> stable = _storage.Entries(first, cut, bytesMax);
        if (end <= _unstable.Offset || (ulong)stable.Length < cut - first)
        {
            return stable;
        }

        return EntryRuns.Join(stable, _unstable.Slice(cut, end), bytesMax);
    }

    /// <summary>Highest index that may be applied now.</summary>
    /// <param name="allowUnstable">Whether entries may be applied that are not on this member's own disk: only where the
    /// owner writes them before it applies them.</param>
    public ulong HighestAppliable(bool allowUnstable) =>
        allowUnstable ? Committed : Math.Min(Committed, _unstable.Offset - 1);

    /// <summary>Whether <see cref="NextCommitted"/> would give entries.</summary>
    public bool HasNextCommitted(bool allowUnstable) =>
        !_applyWindow.IsPaused && !IsSnapshotPending && Applying < HighestAppliable(allowUnstable);

    /// <summary>The next entries to apply.</summary>
    public ReadOnlyMemory<Entry> NextCommitted(bool allowUnstable) =>
        HasNextCommitted(allowUnstable)
            ? Slice(Applying + 1, HighestAppliable(allowUnstable) + 1, _applyWindow.BytesLeft)
            : default;

    /// <summary>Takes note that entries were handed out to be applied.</summary>
    public void MarkApplying(ReadOnlySpan<Entry> entries, bool allowUnstable)
    {
        ulong last = entries[^1].Index;
        Invariant.Holds(last <= Committed, $"applying {last} beyond the commit index {Committed}");
        Applying = last;

        // More could be applied, so the next entry did not fit: wait until there is room again.
        _applyWindow.Add(EntrySize.Encoded(entries), moreWaits: last < HighestAppliable(allowUnstable));
    }

    /// <summary>Takes note that everything up to <paramref name="index"/> is applied.</summary>
    /// <param name="index">At least the applied index so far, at most the commit index.</param>
    /// <param name="bytes">Encoded size of the entries handed out for it; 0 if it was a snapshot.</param>
    public void MarkApplied(ulong index, ulong bytes)
    {
        Invariant.Holds(index <= Committed, $"applied index {index} lies beyond the commit index {Committed}");
        Invariant.Holds(index >= Applied, $"applied index {index} lies before {Applied}");
        Applied = index;
        Applying = Math.Max(Applying, index);
        _applyWindow.Release(bytes);
    }

    /// <summary>Replaces everything by a snapshot.</summary>
    public void Restore(Snapshot snapshot)
    {
        _observer?.Observe(new SnapshotRestoreStarted(
            Committed,
            Applied,
            Applying,
            _unstable.Offset,
            _unstable.OffsetInProgress,
            _unstable.Count,
            snapshot.Metadata.Index,
            snapshot.Metadata.Term));
        Committed = snapshot.Metadata.Index;
        _unstable.Restore(snapshot);
    }

    /// <summary>The newest snapshot to send to somebody.</summary>
    public bool TryGetSnapshot(out Snapshot snapshot)
    {
        if (_unstable.Snapshot is { } unstable)
        {
            snapshot = unstable;
            return true;
        }

        return _storage.TryGetSnapshot(out snapshot);
    }

    private int CountMatching(ReadOnlySpan<Entry> entries)
    {
        for (int i = 0; i < entries.Length; i++)
        {
            ref readonly Entry entry = ref entries[i];
            if (!Contains(new EntryId(entry.Term, entry.Index)))
            {
                if (entry.Index <= LastIndex)
                {
                    _observer?.Observe(new LogConflictFound(entry.Index, TermOrZero(entry.Index), entry.Term));
                }

                return i;
            }
        }

        return entries.Length;
    }
}
