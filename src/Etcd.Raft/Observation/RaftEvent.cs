namespace Etcd.Raft;

/// <summary>Something a node did or noticed. The derived records carry the facts.</summary>
public abstract record RaftEvent;

/// <summary>The node was created. Before it come <see cref="ConfigurationSwitched"/> and <see cref="BecameFollower"/>.</summary>
/// <param name="Voters">Voters of the configuration, ascending.</param>
/// <param name="Term">Current term.</param>
/// <param name="Commit">Commit index.</param>
/// <param name="Applied">Applied index.</param>
/// <param name="LastIndex">Last log index.</param>
/// <param name="LastTerm">Term of the last log entry.</param>
public sealed record NodeStarted(
    IReadOnlyList<ulong> Voters,
    ulong Term,
    ulong Commit,
    ulong Applied,
    ulong LastIndex,
    ulong LastTerm) : RaftEvent;
