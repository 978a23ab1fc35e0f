namespace Etcd.Mvcc.Watch;

/// <summary>Ranges of keys, each with its watchers, found by a key that lies in them.</summary>
/// <remarks>
/// A treap ordered by (begin, end), in which each node knows the greatest end below it. Add, remove and a look-up
/// that finds k ranges take O(log n) and O(log n + k) steps as expected values; priorities come from a counter that is
/// mixed, so the shape depends on nothing a client chooses.
/// </remarks>
internal sealed class IntervalTree
{
    private Node? _root;
    private uint _nodesMade;

    public int Count { get; private set; }

    public bool IsEmpty => _root is null;

    /// <summary>The watchers of exactly this range; made when there are none.</summary>
    public WatcherSet GetOrAdd(KeyInterval range)
    {
        Node? node = _root;
        while (node is not null)
        {
            int order = Compare(range, node.Range);
            if (order == 0)
            {
                return node.Watchers;
            }

            node = order < 0 ? node.Left : node.Right;
        }

        var added = new Node(range, Mix(++_nodesMade));
        _root = Insert(_root, added);
        Count++;
        return added.Watchers;
    }

    /// <summary>Removes a range that is in the tree.</summary>
    public void Remove(KeyInterval range)
    {
        _root = Remove(_root, range);
        Count--;
    }

    public void Clear()
    {
        _root = null;
        Count = 0;
    }

    /// <summary>Adds the watchers of every range that holds <paramref name="key"/>.</summary>
    public void Collect(ReadOnlySpan<byte> key, List<WatcherSet> found) => Collect(_root, key, found);

    /// <summary>Whether any range holds <paramref name="key"/>.</summary>
    public bool Contains(ReadOnlySpan<byte> key) => Contains(_root, key);

    /// <summary>Nodes that a look-up of <paramref name="key"/> visits.</summary>
    internal int VisitsOf(ReadOnlySpan<byte> key) => VisitsOf(_root, key);

    private static int VisitsOf(Node? node, ReadOnlySpan<byte> key)
    {
        if (node is null || !IsBefore(key, node.GreatestEnd))
        {
            return 0;
        }

        return key.SequenceCompareTo(node.Range.Begin) < 0
            ? 1 + VisitsOf(node.Left, key)
            : 1 + VisitsOf(node.Left, key) + VisitsOf(node.Right, key);
    }

    private static void Collect(Node? node, ReadOnlySpan<byte> key, List<WatcherSet> found)
    {
        while (node is not null && IsBefore(key, node.GreatestEnd))
        {
            if (key.SequenceCompareTo(node.Range.Begin) < 0)
            {
                node = node.Left;
                continue;
            }

            Collect(node.Left, key, found);
            if (IsBefore(key, node.Range.End))
            {
                found.Add(node.Watchers);
            }

            node = node.Right;
        }
    }

    private static bool Contains(Node? node, ReadOnlySpan<byte> key)
    {
        while (node is not null && IsBefore(key, node.GreatestEnd))
        {
            if (key.SequenceCompareTo(node.Range.Begin) < 0)
            {
                node = node.Left;
                continue;
            }

            if (IsBefore(key, node.Range.End) || Contains(node.Left, key))
            {
                return true;
            }

            node = node.Right;
        }

        return false;
    }

    private static bool IsBefore(ReadOnlySpan<byte> key, byte[]? end) => end is null || key.SequenceCompareTo(end) < 0;

    private static int Compare(in KeyInterval left, in KeyInterval right)
    {
        int order = left.Begin.AsSpan().SequenceCompareTo(right.Begin);
        return order != 0 ? order : CompareEnds(left.End, right.End);
    }

    /// <summary>No end is the greatest end.</summary>
    private static int CompareEnds(byte[]? left, byte[]? right) => (left, right) switch
    {
        (null, null) => 0,
        (null, _) => 1,
        (_, null) => -1,
        _ => left.AsSpan().SequenceCompareTo(right),
    };

    private static Node Insert(Node? node, Node added)
    {
        if (node is null)
        {
            return added;
        }

        if (Compare(added.Range, node.Range) < 0)
        {
            node.Left = Insert(node.Left, added);
            return node.Left.Priority > node.Priority ? RotateRight(node) : Update(node);
        }

        node.Right = Insert(node.Right, added);
        return node.Right.Priority > node.Priority ? RotateLeft(node) : Update(node);
    }

    private static Node? Remove(Node? node, in KeyInterval range)
    {
        if (node is null)
        {
            return null;
        }

        int order = Compare(range, node.Range);
        if (order == 0)
        {
            return Merge(node.Left, node.Right);
        }

        if (order < 0)
        {
            node.Left = Remove(node.Left, range);
        }
        else
        {
            node.Right = Remove(node.Right, range);
        }

        return Update(node);
    }

    private static Node? Merge(Node? left, Node? right)
    {
        if (left is null || right is null)
        {
            return left ?? right;
        }

        if (left.Priority > right.Priority)
        {
            left.Right = Merge(left.Right, right);
            return Update(left);
        }

        right.Left = Merge(left, right.Left);
        return Update(right);
    }

    private static Node RotateRight(Node node)
    {
        Node top = node.Left!;
        node.Left = top.Right;
        top.Right = Update(node);
        return Update(top);
    }

    private static Node RotateLeft(Node node)
    {
        Node top = node.Right!;
        node.Right = top.Left;
        top.Left = Update(node);
        return Update(top);
    }

    private static Node Update(Node node)
    {
        byte[]? greatest = node.Range.End;
        if (node.Left is { } left && CompareEnds(left.GreatestEnd, greatest) > 0)
        {
            greatest = left.GreatestEnd;
        }

        if (node.Right is { } right && CompareEnds(right.GreatestEnd, greatest) > 0)
        {
            greatest = right.GreatestEnd;
        }

        node.GreatestEnd = greatest;
        return node;
    }

    /// <summary>Spreads consecutive numbers over the whole range (the finaliser of MurmurHash3).</summary>
    private static uint Mix(uint number)
    {
        number = (number ^ (number >> 16)) * 0x85EBCA6B;
        number = (number ^ (number >> 13)) * 0xC2B2AE35;
        return number ^ (number >> 16);
    }

    private sealed class Node(KeyInterval range, uint priority)
    {
        public KeyInterval Range { get; } = range;

        public uint Priority { get; } = priority;

        public WatcherSet Watchers { get; } = new(range);

        /// <summary>Greatest end in the subtree; <see langword="null"/> = no end.</summary>
        public byte[]? GreatestEnd { get; set; } = range.End;

        public Node? Left { get; set; }

        public Node? Right { get; set; }
    }
}
