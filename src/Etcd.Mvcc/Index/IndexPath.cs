namespace Etcd.Mvcc;

/// <summary>The inner nodes from the root down to one leaf, for the writer. Reused from change to change.</summary>
internal sealed class IndexPath
{
    // 64 children a node: eight levels hold more keys than memory can.
    private const int DepthMax = 16;
    private readonly IndexInner[] _nodes = new IndexInner[DepthMax];
    private readonly int[] _positions = new int[DepthMax];

    /// <summary>Inner nodes on the path; 0 when the root is a leaf.</summary>
    public int Depth { get; private set; }

    /// <summary>Whether the leaf is the last of the tree.</summary>
    public bool IsRightmost { get; private set; }

    /// <summary>The inner node at a level, 0 for the root.</summary>
    public IndexInner Node(int level) => _nodes[level];

    /// <summary>Which child of the node at a level the path goes through.</summary>
    public int Position(int level) => _positions[level];

    /// <summary>First key behind the subtree that the path enters below a level; <see langword="null"/> when nothing is behind it.</summary>
    public byte[]? UpperBound(int level)
    {
        for (int at = level; at >= 0; at--)
        {
            if (_nodes[at].UpperBound(_positions[at]) is { } bound)
            {
                return bound;
            }
        }

        return null;
    }

    /// <summary>Goes down to the leaf that holds <paramref name="key"/> if the key exists.</summary>
    public IndexLeaf Descend(IndexNode root, ReadOnlySpan<byte> key)
    {
        Depth = 0;
        IsRightmost = true;
        IndexNode node = root;
        while (node is IndexInner inner)
        {
            int at = inner.PositionOf(key);
            IsRightmost &= at == inner.ChildCount - 1;
            _nodes[Depth] = inner;
            _positions[Depth++] = at;
            node = inner.Child(at);
        }

        return (IndexLeaf)node;
    }

    /// <summary>Announces a change to every node of the path.</summary>
    public void AnnounceChange(long main)
    {
        for (int level = 0; level < Depth; level++)
        {
            _nodes[level].AnnounceChange(main);
        }
    }

    /// <summary>Counts a key that came to life or died in every node of the path.</summary>
    public void AddLive(int change)
    {
        for (int level = 0; level < Depth; level++)
        {
            _nodes[level].AddLive(change);
        }
    }

    /// <summary>Puts two nodes in the place of the leaf, splitting inner nodes that are full.</summary>
    public void ReplaceWithTwo(ref IndexNode root, IndexNode left, byte[] separator, IndexNode right)
    {
        for (int level = Depth - 1; level >= 0; level--)
        {
            IndexInner wider = _nodes[level].WithChildren(_positions[level], 1, [left, right], [separator]);
            if (wider.ChildCount <= IndexInner.ChildrenMax)
            {
                Replace(ref root, level, wider);
                return;
            }

            (left, separator, right) = wider.Split();
        }

        Volatile.Write(ref root, new IndexInner([separator], [left, right]));
    }

    /// <summary>Puts a node of the same keys in the place of the inner node at a level.</summary>
    public void Replace(ref IndexNode root, int level, IndexNode node)
    {
        if (level == 0)
        {
            Volatile.Write(ref root, node);
        }
        else
        {
            _nodes[level - 1].ReplaceChild(_positions[level - 1], node);
        }
    }
}
