namespace Etcd.Raft;

/// <summary>A member's durable log, held in memory from its last snapshot on. What is in here must be on disk already.</summary>
/// <remarks>Owned by the thread that owns the node. What it hands out may be read anywhere.</remarks>
public sealed class MemoryLog : IRaftLogStorage
{
    private readonly EntrySegments _entries = new();

    // The entry before the first one held: the snapshot's, or the last compacted one.
    private EntryId _before;
    private Snapshot _snapshot = Snapshot.None;
    private ulong _attachmentsReleasedTo;

    /// <inheritdoc />
    public HardState HardState { get; private set; }

    /// <inheritdoc />
    public ConfState ConfState => _snapshot.Metadata.ConfState;

    /// <inheritdoc />
    public ulong FirstIndex => _before.Index + 1;

    /// <inheritdoc />
    public ulong LastIndex => _before.Index + (ulong)_entries.Count;

    /// <summary>The newest snapshot; <see cref="Raft.Snapshot.None"/> if there is none.</summary>
    public Snapshot Snapshot => _snapshot;

    /// <inheritdoc />
    public bool TryGetTerm(ulong index, out ulong term)
    {
        if (index < _before.Index || index > LastIndex)
        {
            term = 0;
            return false;
        }

        term = index == _before.Index ? _before.Term : _entries[PositionOf(index)].Term;
        return true;
    }

    /// <inheritdoc />
    public ReadOnlyMemory<Entry> Entries(ulong first, ulong end, ulong bytesMax)
    {
        Invariant.Holds(first >= FirstIndex, $"entries from {first} asked for, the log begins at {FirstIndex}");
        Invariant.Holds(end <= LastIndex + 1, $"entries below {end} asked for, the log ends at {LastIndex}");
        return first >= end ? default : _entries.Slice(PositionOf(first), (int)(end - first), bytesMax);
    }

    /// <inheritdoc />
    public bool TryGetSnapshot(out Snapshot snapshot)
    {
        snapshot = _snapshot;
        return true;
    }

    /// <summary>Replaces the hard state.</summary>
    public void SetHardState(in HardState state) => HardState = state;

    /// <summary>Adds entries that became durable, in place of those held from the first one's index on. Entries already
    /// compacted away are passed over.</summary>
    /// <exception cref="InvariantViolationException">A gap would result.</exception>
    public void Append(ReadOnlySpan<Entry> entries)
    {
        if (entries.IsEmpty || entries[^1].Index < FirstIndex)
        {
            return;
        }

        ulong first = entries[0].Index;
        Invariant.Holds(first <= LastIndex + 1, $"entries from {first} on would leave a gap after {LastIndex}");
        if (first < FirstIndex)
        {
            entries = entries[(int)(FirstIndex - first)..];
            first = FirstIndex;
        }

        _entries.KeepFirst(PositionOf(first));
        _entries.Append(entries);
    }

    /// <summary>Replaces everything by a snapshot that became durable.</summary>
    /// <returns><see langword="false"/> when a newer snapshot is held already; nothing is changed then.</returns>
    public bool ApplySnapshot(Snapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (snapshot.Metadata.Index <= _snapshot.Metadata.Index)
        {
            return false;
        }

        _snapshot = snapshot;
        _before = new EntryId(snapshot.Metadata.Term, snapshot.Metadata.Index);
        _entries.Clear();
        return true;
    }

    /// <summary>Makes the snapshot of an applied index the newest one. The entries stay until <see cref="Compact"/>.</summary>
    /// <param name="index">Index the snapshot includes; above the newest snapshot's, at most <see cref="LastIndex"/>.</param>
    /// <param name="confState">Configuration at that index; <see langword="null"/> to keep the newest snapshot's.</param>
    /// <param name="data">The application's bytes.</param>
    /// <returns>The snapshot, or <see langword="null"/> if one of that index or a later one is held already.</returns>
    /// <exception cref="InvariantViolationException"><paramref name="index"/> lies beyond the log.</exception>
    public Snapshot? CreateSnapshot(ulong index, ConfState? confState, ReadOnlyMemory<byte> data)
    {
        if (index <= _snapshot.Metadata.Index)
        {
            return null;
        }

        bool known = TryGetTerm(index, out ulong term);
        Invariant.Holds(known, $"snapshot at {index} asked for, the log holds {FirstIndex} to {LastIndex}");
        _snapshot = new Snapshot(new SnapshotMetadata(index, term, confState ?? ConfState), data);
        return _snapshot;
    }

    /// <summary>Lets go of the attachments of the entries up to and including <paramref name="index"/>, which the application
    /// has applied: the entries stay for others to catch up with, the requests behind them need not.</summary>
    public void ReleaseAttachments(ulong index)
    {
        ulong last = Math.Min(index, LastIndex);
        for (ulong i = Math.Max(_attachmentsReleasedTo + 1, FirstIndex); i <= last; i++)
        {
            _entries.ReleaseAttachment(PositionOf(i));
        }

        _attachmentsReleasedTo = Math.Max(_attachmentsReleasedTo, last);
    }

    /// <summary>Drops the entries up to and including <paramref name="index"/>, which the application has applied.</summary>
    /// <returns><see langword="false"/> when they were dropped before.</returns>
    /// <exception cref="InvariantViolationException"><paramref name="index"/> lies beyond the log.</exception>
    public bool Compact(ulong index)
    {
        if (index <= _before.Index)
        {
            return false;
        }

        Invariant.Holds(index <= LastIndex, $"compaction to {index} asked for, the log ends at {LastIndex}");
        int position = PositionOf(index);
        _before = new EntryId(_entries[position].Term, index);
        _entries.DropFirst(position + 1);
        return true;
    }

    private int PositionOf(ulong index) => (int)(index - _before.Index - 1);
}
