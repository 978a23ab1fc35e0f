using Etcd.Raft;

namespace Etcd.Wal;

/// <summary>A record in the log that says: a snapshot of this index is on disk.</summary>
/// <param name="Index">Last log index the snapshot includes; 0 stands for the beginning of the log.</param>
/// <param name="Term">Term of that entry.</param>
/// <param name="ConfState">Configuration at that entry; <see langword="null"/> in records written by etcd 3.4 and for index 0.</param>
public readonly record struct WalSnapshot(ulong Index, ulong Term, ConfState? ConfState)
{
    /// <summary>The beginning of the log: no snapshot.</summary>
    public static WalSnapshot None => default;
}
