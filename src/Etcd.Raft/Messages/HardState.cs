namespace Etcd.Raft;

/// <summary>What a member must have on disk before it answers anybody (raft paper, figure 2: persistent state).</summary>
/// <param name="Term">Latest term seen.</param>
/// <param name="Vote">Member voted for in <paramref name="Term"/>; 0 for none.</param>
/// <param name="Commit">Highest log index known to be committed; may lag behind on disk.</param>
public readonly record struct HardState(ulong Term, ulong Vote, ulong Commit)
{
    /// <summary>Whether nothing has been recorded yet.</summary>
    public bool IsEmpty => this == default;
}
