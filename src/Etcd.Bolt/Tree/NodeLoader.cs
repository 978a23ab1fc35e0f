using Etcd.Bolt.Pages;

namespace Etcd.Bolt.Tree;

/// <summary>Turns committed pages into nodes that a write transaction can change.</summary>
internal static class NodeLoader
{
    internal static Node Load(PageSource pages, ulong id)
    {
        PageView page = pages.TreePage(id);
        ReadOnlyMemory<byte> memory = pages.Memory(page.FileOffset, page.Length);
        var replaced = new PageRun(id, page.Length / pages.PageSizeBytes);
        return page.IsLeaf
            ? new LeafNode(page, memory) { Replaced = replaced }
            : new BranchNode(page, memory) { Replaced = replaced };
    }

    /// <summary>The child at <paramref name="index"/>, loaded if it was not.</summary>
    internal static Node LoadChild(PageSource pages, BranchNode parent, int index)
    {
        ref readonly BranchItem item = ref parent.Item(index);
        if (item.Child is { } loaded)
        {
            return loaded;
        }

        Node child = Load(pages, item.PageId);
        parent.SetChild(index, child);
        return child;
    }
}
