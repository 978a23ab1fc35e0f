namespace Etcd.Raft;

/// <summary>The end of the log that is not known to be durable: at most one snapshot, and the entries after it.</summary>
/// <remarks>
/// <code>
///        Offset        OffsetInProgress          Offset + Count
///          | handed to the   | not handed out yet |
///          | log writer      |                    |
/// </code>
/// Invariant: Offset &lt;= OffsetInProgress &lt;= Offset + Count. A slot is written once, so that what was handed out stays true.
/// </remarks>
internal sealed class UnstableLog(ulong offset, IRaftObserver? observer)
{
    private const int SlotsMin = 64;

    // An array this large is followed by one as large: a steady load then does not grow each array anew.
    private const int SlotsKeptMax = 1024;

    private Entry[] _slots = [];
    private int _start;
    private int _end;

    /// <summary>The snapshot on its way to the disk, if there is one. The entries follow it.</summary>
    public Snapshot? Snapshot { get; private set; }

    /// <summary>Whether the snapshot was handed to the log writer.</summary>
    public bool IsSnapshotInProgress { get; private set; }

    /// <summary>Index of the first entry here, or of the next one to come.</summary>
    public ulong Offset { get; private set; } = offset;

    /// <summary>Index of the first entry not handed to the log writer.</summary>
    public ulong OffsetInProgress { get; private set; } = offset;

    public int Count => _end - _start;

    /// <summary>The snapshot, unless the log writer has it already.</summary>
    public Snapshot? SnapshotToWrite => IsSnapshotInProgress ? null : Snapshot;

    /// <summary>The entries the log writer does not have yet.</summary>
    public ReadOnlyMemory<Entry> EntriesToWrite
    {
        get
        {
            int inProgress = (int)(OffsetInProgress - Offset);
            return _slots.AsMemory(_start + inProgress, Count - inProgress);
        }
    }

    /// <summary>Index of the last entry or of the snapshot.</summary>
    /// <returns><see langword="false"/> when there is neither.</returns>
    public bool TryGetLastIndex(out ulong index)
    {
        index = Count > 0 ? Offset + (ulong)Count - 1 : Snapshot?.Metadata.Index ?? 0;
        return Count > 0 || Snapshot is not null;
    }

    /// <summary>Term of the entry or snapshot at <paramref name="index"/>.</summary>
    /// <returns><see langword="false"/> when neither is here.</returns>
    public bool TryGetTerm(ulong index, out ulong term)
    {
        if (index >= Offset && index < Offset + (ulong)Count)
        {
            term = _slots[_start + (int)(index - Offset)].Term;
            return true;
        }

        term = Snapshot?.Metadata.Term ?? 0;
        return Snapshot is not null && Snapshot.Metadata.Index == index;
    }

    /// <summary>Entries from <paramref name="first"/> up to, not including, <paramref name="end"/>.</summary>
    public ReadOnlyMemory<Entry> Slice(ulong first, ulong end)
    {
        Invariant.Holds(first >= Offset, $"unstable entries from {first} asked for, they begin at {Offset}");
        Invariant.Holds(end <= Offset + (ulong)Count, $"unstable entries below {end} asked for, they end before {Offset + (ulong)Count}");
        return _slots.AsMemory(_start + (int)(first - Offset), (int)(end - first));
    }

    /// <summary>Adds one entry at the end.</summary>
    public void Add(in Entry entry)
    {
        Reserve(1);
        _slots[_end++] = entry;
    }

    /// <summary>Adds entries, in place of those from the first one's index on.</summary>
    public void TruncateAndAppend(ReadOnlySpan<Entry> entries)
    {
        ulong first = entries[0].Index;
        if (first != Offset + (ulong)Count)
        {
            bool all = first <= Offset;
            observer?.Observe(new UnstableEntriesReplaced(first, all));
            if (all)
            {
                Restart(first, entries.Length);
            }
            else
            {
                KeepBelow(first, entries.Length);
            }
        }

        Reserve(entries.Length);
        entries.CopyTo(_slots.AsSpan(_end));
        _end += entries.Length;
    }

    /// <summary>Takes note that everything here was handed to the log writer.</summary>
    public void MarkInProgress()
    {
        OffsetInProgress = Offset + (ulong)Count;
        IsSnapshotInProgress = Snapshot is not null;
    }

    /// <summary>Lets go of the entries up to <paramref name="id"/>, which the log writer has made durable.</summary>
    /// <remarks>The term must match: otherwise the entries were replaced while they were being written, and the
    /// writer still has the replacement before it.</remarks>
    public void StableTo(EntryId id)
    {
        StaleAcknowledgement? stale = null;
        bool known = TryGetTerm(id.Index, out ulong term);
        if (!known)
        {
            stale = StaleAcknowledgement.Missing;
        }
        else if (id.Index < Offset)
        {
            stale = StaleAcknowledgement.MatchesSnapshot;
        }
        else if (term != id.Term)
        {
            stale = StaleAcknowledgement.Mismatched;
        }

        if (stale is not null)
        {
            observer?.Observe(new StableEntriesIgnored(stale.Value, 0, 0, id.Index, id.Term, term));
            return;
        }

        _start += (int)(id.Index + 1 - Offset);
        Offset = id.Index + 1;
        OffsetInProgress = Math.Max(OffsetInProgress, Offset);
    }

    /// <summary>Lets go of the snapshot once it is durable.</summary>
    public void StableSnapshotTo(ulong index)
    {
        if (Snapshot is not null && Snapshot.Metadata.Index == index)
        {
            Snapshot = null;
            IsSnapshotInProgress = false;
        }
    }

    /// <summary>Replaces everything by a snapshot.</summary>
    public void Restore(Snapshot snapshot)
    {
        Restart(snapshot.Metadata.Index + 1, 0);
        Snapshot = snapshot;
        IsSnapshotInProgress = false;
    }

    private void Restart(ulong offset, int capacity)
    {
        _slots = capacity == 0 ? [] : new Entry[Math.Max(SlotsMin, capacity)];
        _start = _end = 0;
        Offset = offset;
        OffsetInProgress = offset;
    }

    private void KeepBelow(ulong first, int capacity)
    {
        int kept = (int)(first - Offset);
        var slots = new Entry[Math.Max(SlotsMin, kept + capacity)];
        _slots.AsSpan(_start, kept).CopyTo(slots);
        _slots = slots;
        _start = 0;
        _end = kept;
        OffsetInProgress = Math.Min(OffsetInProgress, first);
    }

    private void Reserve(int more)
    {
        if (_end + more <= _slots.Length)
        {
            return;
        }

        int count = Count;
        int steady = Math.Clamp(_slots.Length, SlotsMin, SlotsKeptMax);
        var slots = new Entry[Math.Max(steady, 2 * (count + more))];
        _slots.AsSpan(_start, count).CopyTo(slots);
        _slots = slots;
        _start = 0;
        _end = count;
    }
}
