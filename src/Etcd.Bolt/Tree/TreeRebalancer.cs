using Etcd.Bolt.Pages;

namespace Etcd.Bolt.Tree;

/// <summary>Before a commit, merges the nodes that removals left too small with a neighbour.</summary>
/// <remarks>A node is too small with a quarter of a page or less, or with too few items to keep the tree branching:
/// one in a leaf, two in a branch. These are bbolt's limits.</remarks>
internal sealed class TreeRebalancer(PageSource pages, PageAllocation allocation)
{
    /// <summary>Rebalances a bucket's tree.</summary>
    /// <returns>The new root: the old one, or what is left when it has only one child.</returns>
    internal Node Rebalance(Node root)
    {
        if (root is BranchNode branch)
        {
            Descend(branch);
        }

        while (root is BranchNode { Count: <= 1 } thin)
        {
            root = thin.Count == 0 ? new LeafNode() : NodeLoader.LoadChild(pages, thin, 0);
            Discard(thin);
        }

        return root;
    }

    private void Descend(BranchNode parent)
    {
        for (int i = 0; i < parent.Count; i++)
        {
            if (parent.Item(i).Child is BranchNode child)
            {
                Descend(child);
            }
        }

        MergeChildren(parent);
    }

    private void MergeChildren(BranchNode parent)
    {
        int index = 0;
        while (index < parent.Count)
        {
            Node? child = parent.Item(index).Child;
            if (child is null || !child.HasShrunk || !IsTooSmall(child))
            {
                index++;
            }
            else if (child.Count == 0)
            {
                parent.RemoveAt(index);
                Discard(child);
            }
            else if (parent.Count == 1)
            {
                // The parent itself is too small now: it is merged, and its children looked at again, or it is the root.
                index++;
            }
            else
            {
                // The merged node is looked at again: two small ones may still make a small one.
                index = Math.Max(index - 1, 0);
                MergeWithNext(parent, index);
            }
        }
    }

    private void MergeWithNext(BranchNode parent, int index)
    {
        Node left = NodeLoader.LoadChild(pages, parent, index);
        Node right = NodeLoader.LoadChild(pages, parent, index + 1);
        if (left.IsLeaf != right.IsLeaf)
        {
            throw pages.Corrupt(
                (long)right.Replaced.Start * pages.PageSizeBytes, "neighbours of one kind, branch or leaf", "one of each");
        }

        left.Absorb(right);
        parent.RemoveAt(index + 1);
        Discard(right);
        if (left is BranchNode merged)
        {
            MergeChildren(merged);
        }
    }

    private bool IsTooSmall(Node node) =>
        node.SizeBytes <= pages.PageSizeBytes / 4 || node.Count <= (node.IsLeaf ? 1 : 2);

    private void Discard(Node node)
    {
        allocation.Free(node.Replaced);
        node.Release();
    }
}
