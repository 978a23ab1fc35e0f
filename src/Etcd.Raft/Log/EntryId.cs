namespace Etcd.Raft;

/// <summary>What identifies a log entry: two logs that hold an entry of the same term at the same index agree on it and on
/// everything before it (raft paper, section 5.3: log matching).</summary>
internal readonly record struct EntryId(ulong Term, ulong Index)
{
    /// <summary>Whether a log that ends here holds at least what one that ends at <paramref name="other"/> holds
    /// (raft paper, section 5.4.1).</summary>
    public bool IsUpToDateWith(EntryId other) => Term > other.Term || (Term == other.Term && Index >= other.Index);
}
