namespace Etcd.Mvcc;

/// <summary>An inner node. Its shape never changes; a split below makes a new one, only child references are replaced in place.</summary>
/// <remarks>
/// Child <c>i</c> holds the keys in <c>[Separators[i-1], Separators[i])</c>. A reader on an inner node that was replaced
/// still finds every key of the revisions it may read: nodes below are complete up to the moment they were replaced.
/// </remarks>
internal sealed class IndexInner : IndexNode
{
    /// <summary>Most children of one node.</summary>
    public const int ChildrenMax = 64;

    private readonly byte[][] _separators;
    private readonly IndexNode[] _children;

    /// <summary>Makes a node over children in key order.</summary>
    public IndexInner(byte[][] separators, IndexNode[] children)
        : base(children.Max(child => child.NewestMain), children.Sum(child => child.LiveCount))
    {
        _separators = separators;
        _children = children;
    }

    /// <summary>How many children there are, at least 1.</summary>
    public int ChildCount => _children.Length;

    /// <summary>The child at a position.</summary>
    public IndexNode Child(int at) => Volatile.Read(ref _children[at]);

    /// <summary>First key that is behind the child at a position; <see langword="null"/> for the last child.</summary>
    public byte[]? UpperBound(int at) => at < _separators.Length ? _separators[at] : null;

    /// <summary>Position of the child that holds <paramref name="key"/> if the key exists.</summary>
    public int PositionOf(ReadOnlySpan<byte> key)
    {
        byte[][] separators = _separators;
        int low = 0;
        int high = separators.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            if (key.SequenceCompareTo(separators[middle]) >= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    /// <summary>Writer: puts another node in the place of a child; it covers the same keys.</summary>
    public void ReplaceChild(int at, IndexNode child) => Volatile.Write(ref _children[at], child);

    /// <summary>Makes the node that has <paramref name="replacement"/> in the place of <paramref name="count"/> children.</summary>
    /// <param name="at">Position of the first child replaced.</param>
    /// <param name="count">How many are replaced.</param>
    /// <param name="replacement">The new children; may be none if another child remains.</param>
    /// <param name="separators">Separators between the new children, one fewer than they are.</param>
    public IndexInner WithChildren(int at, int count, ReadOnlySpan<IndexNode> replacement, ReadOnlySpan<byte[]> separators)
    {
        var children = new List<IndexNode>(_children.Length - count + replacement.Length);
        var bounds = new List<byte[]>(children.Capacity);
        for (int i = 0; i < at; i++)
        {
            children.Add(_children[i]);
            bounds.Add(_separators[i]);
        }

        for (int i = 0; i < replacement.Length; i++)
        {
            children.Add(replacement[i]);
            if (i < separators.Length)
            {
                bounds.Add(separators[i]);
            }
        }

        for (int i = at + count; i < _children.Length; i++)
        {
            // Without a replacement the right neighbour takes over the range of the children that left.
            if (children.Count > bounds.Count)
            {
                bounds.Add(_separators[i - 1]);
            }

            children.Add(_children[i]);
        }

        // After removing the last children the bound behind the last remaining one has no meaning any more.
        bounds.RemoveRange(children.Count - 1, bounds.Count - (children.Count - 1));
        return new IndexInner([.. bounds], [.. children]);
    }

    /// <summary>Makes two nodes of this one.</summary>
    public (IndexInner Left, byte[] Separator, IndexInner Right) Split()
    {
        int middle = _children.Length / 2;
        return (
            new IndexInner(_separators[..(middle - 1)], _children[..middle]),
            _separators[middle - 1],
            new IndexInner(_separators[middle..], _children[middle..]));
    }

    /// <summary>Makes one node of this one and its right neighbour.</summary>
    public IndexInner Merge(byte[] separator, IndexInner right) =>
        new([.. _separators, separator, .. right._separators], [.. _children, .. right._children]);
}
