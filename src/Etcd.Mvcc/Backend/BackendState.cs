namespace Etcd.Mvcc;

/// <summary>Where everything written so far is to be found. Immutable; the backend publishes a new one at each step of a commit.</summary>
/// <param name="Committed">What is in the file.</param>
/// <param name="Committing">What a running commit is writing; no longer changes.</param>
/// <param name="Active">What came after; the apply thread appends to it.</param>
internal sealed record BackendState(CommittedState Committed, WriteBuffer? Committing, WriteBuffer Active);
