namespace Etcd.Bolt.Tree;

/// <summary>A key and its value in a leaf that a write transaction has loaded or made.</summary>
internal readonly record struct LeafItem(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value, bool IsBucket);
