namespace Etcd.Raft;

/// <summary>The durable part of a member's log, as its node reads it.</summary>
/// <remarks>The node reads on the thread that calls it; the owner of the node changes the storage on the same thread.
/// The log never has a gap: it holds the entries from <see cref="FirstIndex"/> to <see cref="LastIndex"/>, and knows
/// the term of the entry before the first.</remarks>
public interface IRaftLogStorage
{
    /// <summary>The stored hard state; empty for a member that has none.</summary>
    HardState HardState { get; }

    /// <summary>The configuration of the stored snapshot.</summary>
    ConfState ConfState { get; }

    /// <summary>Index of the first entry that can be read, from 1. Larger than <see cref="LastIndex"/> by one if there is none.</summary>
    ulong FirstIndex { get; }

    /// <summary>Index of the last entry, or of the snapshot if no entry follows it.</summary>
    ulong LastIndex { get; }

    /// <summary>Term of the entry at <paramref name="index"/>.</summary>
    /// <returns><see langword="false"/> when the index is below <see cref="FirstIndex"/> - 1 or above <see cref="LastIndex"/>.</returns>
    bool TryGetTerm(ulong index, out ulong term);

    /// <summary>Entries from <paramref name="first"/> up to, not including, <paramref name="end"/>; as many as fit into
    /// <paramref name="bytesMax"/> encoded bytes, and at least one.</summary>
    /// <exception cref="InvariantViolationException">The range is not within the stored entries.</exception>
    /// <returns>A view whose slots are never rewritten.</returns>
    ReadOnlyMemory<Entry> Entries(ulong first, ulong end, ulong bytesMax);

    /// <summary>The newest snapshot, for a follower that lags behind <see cref="FirstIndex"/>.</summary>
    /// <remarks>A follower refuses a snapshot whose configuration does not name it. Where the stored one may be older than a member's
    /// addition, the owner puts a newer one into the message before it sends it.</remarks>
    /// <returns><see langword="false"/> while none can be given; the node asks again.</returns>
    bool TryGetSnapshot(out Snapshot snapshot);
}
