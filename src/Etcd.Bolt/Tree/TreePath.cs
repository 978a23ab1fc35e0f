using Etcd.Bolt.Pages;

namespace Etcd.Bolt.Tree;

/// <summary>A position in a bucket's tree: the way from the root to one item. Moving it allocates nothing.</summary>
/// <remarks>Not told of changes: <see cref="BoltCursor"/> seeks again when the tree has changed under it.</remarks>
internal sealed class TreePath(BucketTree tree)
{
    private const int UsualDepth = 8;

    private Step[] _steps = new Step[UsualDepth];
    private int _depth;

    /// <summary>Whether it stands on an item.</summary>
    internal bool IsOnItem => _depth > 0 && _steps[_depth - 1].Index < _steps[_depth - 1].Count;

    internal ReadOnlySpan<byte> Key
    {
        get
        {
            ref readonly Step leaf = ref Leaf();
            return leaf.Node is null ? tree.Page(leaf.PageId).Key(leaf.Index) : leaf.Node.Key(leaf.Index).Span;
        }
    }

    /// <summary>The value, which for a bucket is its header.</summary>
    internal ReadOnlySpan<byte> Value
    {
        get
        {
            ref readonly Step leaf = ref Leaf();
            return leaf.Node is LeafNode node ? node.Item(leaf.Index).Value.Span : tree.Page(leaf.PageId).Value(leaf.Index);
        }
    }

    internal bool IsBucket
    {
        get
        {
            ref readonly Step leaf = ref Leaf();
            return leaf.Node is LeafNode node ? node.Item(leaf.Index).IsBucket : tree.Page(leaf.PageId).IsBucket(leaf.Index);
        }
    }

    /// <summary>The key as memory that outlives the transaction.</summary>
    internal ReadOnlyMemory<byte> KeyMemory()
    {
        ref readonly Step leaf = ref Leaf();
        if (leaf.Node is { } node)
        {
            return node.Key(leaf.Index);
        }

        PageView page = tree.Page(leaf.PageId);
        (int start, int length) = page.KeyRange(leaf.Index);
        return tree.Memory(page, start, length);
    }

    /// <summary>The value as memory that outlives the transaction, and its place in the file or -1.</summary>
    internal ReadOnlyMemory<byte> ValueMemory(out long fileOffset)
    {
        ref readonly Step leaf = ref Leaf();
        if (leaf.Node is LeafNode node)
        {
            fileOffset = -1;
            return node.Item(leaf.Index).Value;
        }

        PageView page = tree.Page(leaf.PageId);
        (int start, int length) = page.ValueRange(leaf.Index);
        fileOffset = page.FileOffset + start;
        return tree.Memory(page, start, length);
    }

    /// <summary>Goes to the first item whose key is not before <paramref name="key"/>.</summary>
    /// <returns><see langword="false"/> when there is none.</returns>
    internal bool Seek(ReadOnlySpan<byte> key)
    {
        PushRoot();
        KeyBounds bounds = KeyBounds.Unknown;
        while (!IsLeafOnTop(out Step top))
        {
            int child = top.Node is BranchNode node ? node.ChildIndex(key) : tree.Page(top.PageId).ChildIndex(key, ref bounds);
            _steps[_depth - 1].Index = child;
            PushChild();
        }

        ref Step leaf = ref _steps[_depth - 1];
        leaf.Index = leaf.Node is null
            ? tree.Page(leaf.PageId).LowerBound(key, bounds, out _)
            : leaf.Node.LowerBound(key, out _);
        return leaf.Index < leaf.Count || MoveNext();
    }

    internal bool MoveFirst()
    {
        PushRoot();
        DescendFirst();
        return IsOnItem || MoveNext();
    }

    internal bool MoveLast()
    {
        PushRoot();
        ChooseLast();
        DescendLast();
        return IsOnItem || MovePrevious();
    }

    /// <summary>Goes to the next item. At the end it stays behind the last one.</summary>
    internal bool MoveNext()
    {
        ulong emptyLeaves = 0;
        while (_depth > 0)
        {
            ref Step top = ref _steps[_depth - 1];
            if (top.Index + 1 < top.Count)
            {
                top.Index++;
                DescendFirst();
                if (IsOnItem)
                {
                    return true;
                }

                CheckEmptyLeaves(++emptyLeaves);
            }
            else
            {
                _depth--;
            }
        }

        return false;
    }

    /// <summary>Goes to the item before. At the start it is on none.</summary>
    internal bool MovePrevious()
    {
        ulong emptyLeaves = 0;
        while (_depth > 0)
        {
            ref Step top = ref _steps[_depth - 1];
            if (top.Index > 0)
            {
                top.Index--;
                DescendLast();
                if (IsOnItem)
                {
                    return true;
                }

                CheckEmptyLeaves(++emptyLeaves);
            }
            else
            {
                _depth--;
            }
        }

        return false;
    }

    // In a forged file, which is read without a walk that finds pages with several parents, a few branches can lead to one empty leaf more often than anybody
    // could wait for.
    private void CheckEmptyLeaves(ulong passed)
    {
        if (passed > tree.Pages.PageCount)
        {
            ref readonly Step leaf = ref _steps[_depth - 1];
            throw tree.Pages.Corrupt(
                (long)leaf.PageId * tree.Pages.PageSizeBytes, $"fewer empty leaves in a row than the file has pages ({tree.Pages.PageCount})", $"{passed}");
        }
    }

    private void DescendFirst()
    {
        while (!IsLeafOnTop(out _))
        {
            PushChild();
        }
    }

    private void DescendLast()
    {
        while (!IsLeafOnTop(out _))
        {
            PushChild();
            ChooseLast();
        }
    }

    private void ChooseLast()
    {
        ref Step top = ref _steps[_depth - 1];
        top.Index = Math.Max(top.Count - 1, 0);
    }

    private bool IsLeafOnTop(out Step top)
    {
        top = _steps[_depth - 1];
        return top.IsLeaf;
    }

    private void PushRoot()
    {
        _depth = 0;
        Push(tree.Root, tree.RootPageId);
    }

    private void PushChild()
    {
        ref readonly Step top = ref _steps[_depth - 1];
        if (top.Count == 0)
        {
            throw tree.Pages.Corrupt((long)top.PageId * tree.Pages.PageSizeBytes, "a branch with children", "0 elements");
        }

        if (top.Node is BranchNode node)
        {
            ref readonly BranchItem item = ref node.Item(top.Index);
            Push(item.Child, item.PageId);
        }
        else
        {
            Push(null, tree.Page(top.PageId).Child(top.Index));
        }
    }

    private void Push(Node? node, ulong pageId)
    {
        tree.CheckDepth(_depth, (long)pageId * tree.Pages.PageSizeBytes);
        if (_depth == _steps.Length)
        {
            Array.Resize(ref _steps, _steps.Length * 2);
        }

        ref Step step = ref _steps[_depth++];
        if (node is null)
        {
            // Page 0 stands for an inline bucket, and only its root may.
            PageView page = _depth == 1 ? tree.Page(pageId) : tree.Pages.TreePage(pageId);
            step = new Step { PageId = pageId, Count = page.Count, IsLeaf = page.IsLeaf };
        }
        else
        {
            step = new Step { Node = node, PageId = pageId, Count = node.Count, IsLeaf = node.IsLeaf };
        }
    }

    private ref readonly Step Leaf()
    {
        if (!IsOnItem)
        {
            throw new InvalidOperationException("the cursor is on no item");
        }

        return ref _steps[_depth - 1];
    }

    private struct Step
    {
        public Node? Node;
        public ulong PageId;
        public int Index;
        public int Count;
        public bool IsLeaf;
    }
}
