namespace Etcd.Raft;

/// <summary>Answer to a <see cref="RaftNode.ReadIndex"/>: a read that waits until <paramref name="Index"/> is applied
/// sees everything that was acknowledged before it was asked for.</summary>
/// <param name="Index">The read index.</param>
/// <param name="Context">The context given with the request.</param>
public readonly record struct ReadState(ulong Index, ReadOnlyMemory<byte> Context);
