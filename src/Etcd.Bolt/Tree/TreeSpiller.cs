using Etcd.Bolt.Format;
using Etcd.Bolt.Pages;

namespace Etcd.Bolt.Tree;

/// <summary>At a commit, writes a bucket's changed nodes to new pages, from the leaves up, splitting those that are too large.</summary>
internal sealed class TreeSpiller(PageAllocation allocation, PageMoves? moves, int pageSizeBytes, double fillPercent)
{
    private readonly long _fillBytes = (long)(pageSizeBytes * Math.Clamp(fillPercent, 0.1, 1.0));

    /// <summary>Writes the tree under <paramref name="root"/>.</summary>
    /// <returns>Page of the new root.</returns>
    internal ulong Spill(Node root)
    {
        var parts = new ItemList<BranchItem>(1);
        SpillNode(root, parts);
        while (parts.Count > 1)
        {
            var above = new BranchNode(parts);
            parts = new ItemList<BranchItem>(1);
            SplitAndWrite(above, parts);
        }

        ulong page = parts[0].PageId;
        parts.Release();
        return page;
    }

    private void SpillNode(Node node, ItemList<BranchItem> parts)
    {
        if (node is BranchNode branch)
        {
            SpillChildren(branch);
        }

        SplitAndWrite(node, parts);
    }

    private void SpillChildren(BranchNode branch)
    {
        var written = new ItemList<BranchItem>(branch.Count + 1);
        for (int i = 0; i < branch.Count; i++)
        {
            ref readonly BranchItem item = ref branch.Item(i);
            if (item.Child is { } child)
            {
                SpillNode(child, written);
            }
            else if (moves is not null)
            {
                written.Insert(written.Count, item with { PageId = moves.Place(item.PageId) });
            }
            else
            {
                written.Insert(written.Count, in item);
            }
        }

        branch.ReplaceItems(written);
    }

    private void SplitAndWrite(Node node, ItemList<BranchItem> parts)
    {
        allocation.Free(node.Replaced);
        long remainingBytes = node.SizeBytes;
        int start = 0;
        do
        {
            int end = EndOfPart(node, start, remainingBytes, out long partBytes);
            ReadOnlyMemory<byte> firstKey = node.Count == 0 ? default : node.Key(start);
            PageRun run = allocation.Allocate(PageFormat.PagesFor(partBytes, pageSizeBytes), out Span<byte> bytes);
            node.WriteTo(bytes, run.Start, run.Count - 1, start, end);
            parts.Insert(parts.Count, new BranchItem(firstKey, run.Start, Child: null));
            remainingBytes -= partBytes - PageFormat.HeaderBytes;
            start = end;
        }
        while (start < node.Count);

        node.Release();
    }

    /// <summary>Where the part that begins at <paramref name="start"/> ends: bbolt's rule, so that files fill alike.</summary>
    private int EndOfPart(Node node, int start, long remainingBytes, out long partBytes)
    {
        int items = node.Count - start;
        bool isSplit = items > PageFormat.SplitItemsMin * 2 && remainingBytes >= pageSizeBytes;
        if (!isSplit)
        {
            partBytes = remainingBytes;
            return node.Count;
        }

        partBytes = PageFormat.HeaderBytes;
        int end = start;
        int last = node.Count - PageFormat.SplitItemsMin;
        while (end < last && end - start < PageFormat.ElementsMax)
        {
            long itemBytes = node.ItemBytes(end);
            if (end - start >= PageFormat.SplitItemsMin && partBytes + itemBytes > _fillBytes)
            {
                break;
            }

            partBytes += itemBytes;
            end++;
        }

        return end;
    }
}
