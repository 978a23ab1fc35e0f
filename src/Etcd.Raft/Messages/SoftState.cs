namespace Etcd.Raft;

/// <summary>State that others like to know and that is never stored.</summary>
/// <param name="Leader">The leader's id, 0 while none is known.</param>
/// <param name="Role">This member's role.</param>
public readonly record struct SoftState(ulong Leader, RaftRole Role);
