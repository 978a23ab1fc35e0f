using System.Diagnostics.CodeAnalysis;

using Etcd.Bolt.Format;
using Etcd.Bolt.Pages;

namespace Etcd.Bolt.Tree;

/// <summary>The B+tree of one bucket as one transaction sees it: committed pages, and over them the nodes that a write
/// transaction has loaded and changed. Every loaded node lies under a loaded parent, up to the root.</summary>
internal sealed class BucketTree
{
    private readonly ulong _rootPageId;
    private readonly ReadOnlyMemory<byte> _inlinePage;
    private readonly long _inlineOffset;

    // The last leaf of all, once loaded. It stays the last one: nodes are only split and merged at the commit.
    private LeafNode? _lastLeaf;

    /// <summary>A tree in pages of its own.</summary>
    internal BucketTree(PageSource pages, ulong rootPageId)
    {
        Pages = pages;
        _rootPageId = rootPageId;
        _inlineOffset = -1;
    }

    /// <summary>The one leaf of an inline bucket.</summary>
    /// <param name="pages">Pages of the version.</param>
    /// <param name="inlinePage">The leaf; it outlives the transaction.</param>
    /// <param name="fileOffset">Where the leaf lies in the file, or -1.</param>
    internal BucketTree(PageSource pages, ReadOnlyMemory<byte> inlinePage, long fileOffset)
    {
        Pages = pages;
        _inlinePage = inlinePage;
        _inlineOffset = fileOffset;
        _ = Page(0);
    }

    internal PageSource Pages { get; }

    /// <summary>The root once it was loaded; the bucket is then written anew at the commit.</summary>
    internal Node? Root { get; private set; }

    /// <summary>Page of the committed root; 0 for an inline bucket.</summary>
    internal ulong RootPageId => _rootPageId;

    /// <summary>Rises with every change, so that cursors notice.</summary>
    internal int Changes { get; private set; }

    /// <summary>A page of the tree; 0 is the page of an inline bucket.</summary>
    internal PageView Page(ulong id) =>
        id == 0 ? Pages.InlinePage(_inlinePage.Span, _inlineOffset) : Pages.TreePage(id);

    /// <summary>Bytes of one of the tree's pages as memory that outlives the transaction.</summary>
    internal ReadOnlyMemory<byte> Memory(PageView page, int start, int length) =>
        _rootPageId == 0 ? _inlinePage.Slice(start, length) : Pages.Memory(page.FileOffset + start, length);

    /// <summary>Finds a key's value; not that of a bucket. Allocates nothing.</summary>
    internal bool TryGet(scoped ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        if (LoadedLeaf(key, out ulong pageId) is not { } leaf)
        {
            return TryGetFromPages(pageId, key, out value);
        }

        int index = leaf.LowerBound(key, out bool isExact);
        bool isFound = isExact && !leaf.Item(index).IsBucket;
        value = isFound ? leaf.Item(index).Value.Span : default;
        return isFound;
    }

    /// <summary>Finds the raw value of a key, which may be a bucket, as memory that outlives the transaction.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value.</param>
    /// <param name="isBucket">Whether the value is a bucket.</param>
    /// <param name="fileOffset">Where the value lies in the file; -1 when it has not been written.</param>
    internal bool TryFind(ReadOnlySpan<byte> key, out ReadOnlyMemory<byte> value, out bool isBucket, out long fileOffset)
    {
        value = default;
        isBucket = false;
        fileOffset = -1;
        bool isExact;
        int index;
        if (LoadedLeaf(key, out ulong pageId) is { } leaf)
        {
            index = leaf.LowerBound(key, out isExact);
            if (isExact)
            {
                value = leaf.Item(index).Value;
                isBucket = leaf.Item(index).IsBucket;
            }

            return isExact;
        }

        PageView page = LeafPage(pageId, key, out index, out isExact);
        if (isExact)
        {
            (int start, int length) = page.ValueRange(index);
            value = Memory(page, start, length);
            isBucket = page.IsBucket(index);
            fileOffset = page.FileOffset + start;
        }

        return isExact;
    }

    /// <summary>Stores an item, in the place of one with the same key.</summary>
    /// <returns><see langword="false"/>, and nothing is changed, when one is a bucket and the other is not.</returns>
    internal bool TryPut(in LeafItem item)
    {
        ReadOnlySpan<byte> key = item.Key.Span;
        if (_lastLeaf is { Count: > 0 } last && KeyOrder.Compare(key, last.Key(last.Count - 1).Span) > 0)
        {
            // Revision keys only ever rise: no descent through the tree for them.
            last.Insert(last.Count, in item);
            Changes++;
            return true;
        }

        LeafNode leaf = LoadLeaf(key);
        int index = leaf.LowerBound(key, out bool isExact);
        if (!isExact)
        {
            leaf.Insert(index, in item);
        }
        else if (leaf.Item(index).IsBucket == item.IsBucket)
        {
            leaf.Replace(index, in item);
        }
        else
        {
            return false;
        }

        Changes++;
        return true;
    }

    /// <summary>Removes an item of the kind that is expected.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="isBucket">Whether a bucket is to be removed; afterwards, whether the item there is one.</param>
    /// <returns>Whether it was removed; when it was not, nothing is loaded or changed.</returns>
    internal bool TryRemove(ReadOnlySpan<byte> key, ref bool isBucket)
    {
        bool expected = isBucket;
        int index;
        bool isExact;
        LeafNode? leaf = LoadedLeaf(key, out ulong pageId);
        if (leaf is not null)
        {
            index = leaf.LowerBound(key, out isExact);
            isBucket = isExact && leaf.Item(index).IsBucket;
        }
        else
        {
            PageView page = LeafPage(pageId, key, out index, out isExact);
            isBucket = isExact && page.IsBucket(index);
        }

        if (!isExact || isBucket != expected)
        {
            return false;
        }

        // A page and the node made from it have the same items.
        (leaf ?? LoadLeaf(key)).RemoveAt(index);
        Changes++;
        return true;
    }

    /// <summary>Loads the root, so that the bucket is written anew at the commit.</summary>
    internal Node LoadRoot() => Root ??= _rootPageId == 0
        ? new LeafNode(Page(0), _inlinePage)
        : NodeLoader.Load(Pages, _rootPageId);

    /// <summary>Loads what is above a node of this tree, so that the commit names the node anew; of the root, the root itself.</summary>
    /// <param name="pageId">The node's page.</param>
    /// <param name="firstKey">Its first key; empty for a root without items.</param>
    /// <param name="parent">The branch that holds the node; <see langword="null"/> when it is loaded itself, and so written anew anyway.</param>
    /// <param name="loadedPages">Pages of what had to be loaded for it.</param>
    /// <returns><see langword="false"/>, and nothing is loaded, when the node does not belong to this tree.</returns>
    internal bool TryLoadAbove(ulong pageId, ReadOnlySpan<byte> firstKey, out BranchNode? parent, out int loadedPages)
    {
        parent = null;
        loadedPages = 0;
        if (!LeadsTo(pageId, firstKey))
        {
            return false;
        }

        if (Root is null)
        {
            loadedPages = LoadRoot().Replaced.Count;
        }

        Node node = LoadRoot();
        while (node.Replaced.Start != pageId && node is BranchNode branch)
        {
            int index = branch.ChildIndex(firstKey);
            bool isLoaded = branch.Item(index).Child is not null;
            if (!isLoaded && branch.Item(index).PageId == pageId)
            {
                parent = branch;
                return true;
            }

            node = NodeLoader.LoadChild(Pages, branch, index);
            loadedPages += isLoaded ? 0 : node.Replaced.Count;
        }

        return true;
    }

    internal void CheckDepth(int depth, long fileOffset)
    {
        if (depth > PageFormat.TreeDepthMax)
        {
            ThrowTooDeep(fileOffset);
        }
    }

    private LeafNode LoadLeaf(ReadOnlySpan<byte> key)
    {
        Node node = LoadRoot();
        bool isLast = true;
        for (int depth = 0; node is BranchNode branch; depth++)
        {
            CheckDepth(depth, (long)branch.Replaced.Start * Pages.PageSizeBytes);
            if (branch.Count == 0)
            {
                throw Pages.Corrupt((long)branch.Replaced.Start * Pages.PageSizeBytes, "a branch with children", "0 elements");
            }

            int index = branch.ChildIndex(key);
            isLast &= index == branch.Count - 1;
            node = NodeLoader.LoadChild(Pages, branch, index);
        }

        var leaf = (LeafNode)node;
        if (isLast)
        {
            _lastLeaf = leaf;
        }

        return leaf;
    }

    /// <summary>The loaded leaf under which a key belongs; <see langword="null"/>, and the page to go on from, where the loaded
    /// nodes end before.</summary>
    private LeafNode? LoadedLeaf(ReadOnlySpan<byte> key, out ulong pageId)
    {
        pageId = _rootPageId;
        Node? node = Root;
        while (node is BranchNode branch)
        {
            ref readonly BranchItem item = ref branch.Item(branch.ChildIndex(key));
            node = item.Child;
            pageId = item.PageId;
        }

        return (LeafNode?)node;
    }

    /// <summary>Whether the way from the root to where a key belongs leads through the committed node at <paramref name="pageId"/>.</summary>
    private bool LeadsTo(ulong pageId, ReadOnlySpan<byte> key)
    {
        Node? node = Root;
        ulong id = _rootPageId;
        KeyBounds bounds = KeyBounds.Unknown;
        for (int depth = 0; ; depth++)
        {
            CheckDepth(depth, (long)id * Pages.PageSizeBytes);
            if (node is not null)
            {
                if (node.Replaced.Count > 0 && node.Replaced.Start == pageId)
                {
                    return true;
                }

                if (node is not BranchNode { Count: > 0 } branch)
                {
                    return false;
                }

                ref readonly BranchItem item = ref branch.Item(branch.ChildIndex(key));
                node = item.Child;
                id = item.PageId;
                continue;
            }

            PageView page = Page(id);
            if (id == pageId || page.IsLeaf)
            {
                return id == pageId;
            }

            id = page.Child(page.ChildIndex(key, ref bounds));
        }
    }

    private bool TryGetFromPages(ulong pageId, scoped ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        PageView page = LeafPage(pageId, key, out int index, out bool isExact);
        bool isFound = isExact && !page.IsBucket(index);
        value = isFound ? page.Value(index) : default;
        return isFound;
    }

    /// <summary>Descends through committed pages to where a key is or would be.</summary>
    private PageView LeafPage(ulong pageId, scoped ReadOnlySpan<byte> key, out int index, out bool isExact)
    {
        PageView page = Page(pageId);
        KeyBounds bounds = KeyBounds.Unknown;
        for (int depth = 0; !page.IsLeaf; depth++)
        {
            CheckDepth(depth, page.FileOffset);
            page = Pages.TreePage(page.Child(page.ChildIndex(key, ref bounds)));
        }

        index = page.LowerBound(key, bounds, out isExact);
        return page;
    }

    [DoesNotReturn]
    private void ThrowTooDeep(long fileOffset) =>
        throw Pages.Corrupt(fileOffset, $"a tree of at most {PageFormat.TreeDepthMax} levels", "a deeper one");
}
