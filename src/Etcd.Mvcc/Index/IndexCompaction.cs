namespace Etcd.Mvcc;

/// <summary>Compaction of the key index, one lowest inner node (about 3,000 keys) at a time.</summary>
internal static class IndexCompaction
{
    private const int LeafKeysMerged = IndexLeaf.KeysMax * 3 / 4;
    private const int ChildrenMerged = IndexInner.ChildrenMax * 3 / 4;

    /// <summary>Compacts the part of the index that holds <paramref name="fromKey"/>.</summary>
    /// <returns>Where the next part begins, or <see langword="null"/> after the last.</returns>
    public static byte[]? CompactSlice(ref IndexNode root, IndexPath path, byte[] fromKey, long atMain)
    {
        IndexLeaf leaf = path.Descend(root, fromKey);
        if (path.Depth == 0)
        {
            leaf.Compact(atMain);
            return null;
        }

        int bottom = path.Depth - 1;
        byte[]? next = bottom == 0 ? null : path.UpperBound(bottom - 1);
        IndexInner parent = path.Node(bottom);
        bool sparse = false;
        for (int at = 0; at < parent.ChildCount; at++)
        {
            var child = (IndexLeaf)parent.Child(at);
            child.Compact(atMain);
            sparse |= child.Count < IndexLeaf.KeysMax / 4;
        }

        if (sparse)
        {
            Rebuild(ref root, path, parent);
        }

        return next;
    }

    /// <summary>Joins leaves that have become small, then the inner nodes above them.</summary>
    private static void Rebuild(ref IndexNode root, IndexPath path, IndexInner parent)
    {
        int level = path.Depth - 1;
        IndexInner joined = JoinLeaves(parent);
        path.Replace(ref root, level, joined);
        while (level > 0)
        {
            IndexInner above = path.Node(level - 1);
            int at = path.Position(level - 1);
            IndexInner? narrower = JoinWithNeighbour(above, at, joined);
            if (narrower is null)
            {
                return;
            }

            joined = narrower;
            path.Replace(ref root, --level, joined);
        }

        while (root is IndexInner { ChildCount: 1 } single)
        {
            Volatile.Write(ref root, single.Child(0));
        }
    }

    private static IndexInner JoinLeaves(IndexInner parent)
    {
        var leaves = new List<IndexNode>(parent.ChildCount);
        var bounds = new List<byte[]>(parent.ChildCount);
        var last = (IndexLeaf)parent.Child(0);
        for (int at = 1; at < parent.ChildCount; at++)
        {
            var leaf = (IndexLeaf)parent.Child(at);
            if (last.Count == 0 || leaf.Count == 0)
            {
                last = leaf.Count == 0 ? last : leaf;
            }
            else if (last.Count + leaf.Count <= LeafKeysMerged)
            {
                last = last.Merge(leaf);
            }
            else
            {
                leaves.Add(last);
                bounds.Add(parent.UpperBound(at - 1)!);
                last = leaf;
            }
        }

        leaves.Add(last);
        return new IndexInner([.. bounds], [.. leaves]);
    }

    private static IndexInner? JoinWithNeighbour(IndexInner above, int at, IndexInner node)
    {
        if (at + 1 < above.ChildCount
            && above.Child(at + 1) is IndexInner right
            && node.ChildCount + right.ChildCount <= ChildrenMerged)
        {
            return above.WithChildren(at, 2, [node.Merge(above.UpperBound(at)!, right)], []);
        }

        if (at > 0
            && above.Child(at - 1) is IndexInner left
            && left.ChildCount + node.ChildCount <= ChildrenMerged)
        {
            return above.WithChildren(at - 1, 2, [left.Merge(above.UpperBound(at - 1)!, node)], []);
        }

        return null;
    }
}
