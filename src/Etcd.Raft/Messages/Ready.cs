namespace Etcd.Raft;

/// <summary>What a node has to hand out: state to persist, entries to apply, messages to send.</summary>
/// <remarks>With asynchronous storage writes everything to do is in <see cref="Messages"/> and the other properties only
/// describe it. Without them the owner persists hard state, entries and snapshot, then sends the messages, applies the committed
/// entries and calls <see cref="RaftNode.Advance"/>. The memories view log slots that are never rewritten.</remarks>
public sealed class Ready
{
    /// <summary>The leader and role, if one of them changed.</summary>
    public SoftState? SoftState { get; init; }

    /// <summary>The hard state to persist; empty if unchanged.</summary>
    public HardState HardState { get; init; }

    /// <summary>Answered read-index requests.</summary>
    public IReadOnlyList<ReadState> ReadStates { get; init; } = [];

    /// <summary>Entries to persist before the messages go out.</summary>
    public ReadOnlyMemory<Entry> Entries { get; init; }

    /// <summary>The snapshot to persist and to install; <see langword="null"/> for none.</summary>
    public Snapshot? Snapshot { get; init; }

    /// <summary>Entries that are committed and may be applied, in order, each once.</summary>
    public ReadOnlyMemory<Entry> CommittedEntries { get; init; }

    /// <summary>Messages to send, in order, and those for the local threads.</summary>
    public IReadOnlyList<RaftMessage> Messages { get; init; } = [];

    /// <summary>Whether hard state and entries must reach the disk; a mere commit index may wait for the next sync.</summary>
    public bool MustSync { get; init; }

    /// <summary>Whether there is nothing at all to do.</summary>
    public bool IsEmpty =>
        SoftState is null && HardState.IsEmpty && ReadStates.Count == 0 && Entries.IsEmpty
        && Snapshot is null && CommittedEntries.IsEmpty && Messages.Count == 0;
}
