namespace Etcd.Raft;

/// <summary>A read-index request was dropped because no leader is known, or because too many wait already.</summary>
/// <param name="Term">Current term.</param>
public sealed record ReadIndexDropped(ulong Term) : RaftEvent;

/// <summary>A read-index request or answer was passed over because it does not carry exactly one context.</summary>
/// <param name="From">Its sender.</param>
/// <param name="Contexts">How many it carries.</param>
public sealed record ReadIndexMalformed(ulong From, int Contexts) : RaftEvent;
