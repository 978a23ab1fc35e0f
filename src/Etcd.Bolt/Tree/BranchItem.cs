namespace Etcd.Bolt.Tree;

/// <summary>A child of a branch that a write transaction has loaded or made.</summary>
/// <param name="Key">Not after any key of the child, and after all keys of the child before it.</param>
/// <param name="PageId">The child's committed page; meaningless when it was loaded or is new.</param>
/// <param name="Child">The child once it was loaded or made; it will be written anew.</param>
internal readonly record struct BranchItem(ReadOnlyMemory<byte> Key, ulong PageId, Node? Child);
