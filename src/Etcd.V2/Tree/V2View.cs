using Etcd.V2.Paths;

namespace Etcd.V2.Tree;

/// <summary>The tree as it was at one index. Immutable.</summary>
/// <param name="Root">The root directory.</param>
/// <param name="Index">Index of the last change in it.</param>
public sealed record V2View(V2Node Root, ulong Index)
{
    /// <summary>The node at a path, or <see langword="null"/>.</summary>
    public V2Node? Find(string path) => TreePaths.Find(Root, KeyPath.SegmentsOf(KeyPath.Clean(path))).Node;
}
