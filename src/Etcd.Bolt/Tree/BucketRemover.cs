using Etcd.Bolt.Pages;

namespace Etcd.Bolt.Tree;

/// <summary>Frees all pages of a bucket that is deleted, and of the buckets inside it.</summary>
internal sealed class BucketRemover(PageAllocation allocation)
{
    /// <summary>Frees the pages under <paramref name="bucket"/>, as changed by this transaction.</summary>
    internal void FreePagesOf(BoltBucket bucket)
    {
        if (bucket.Tree.Root is { } root)
        {
            FreeNode(bucket, root);
        }
        else if (bucket.Tree.RootPageId != 0)
        {
            FreePage(bucket, bucket.Tree.RootPageId);
        }
    }

    private void FreeNode(BoltBucket bucket, Node node)
    {
        allocation.Free(node.Replaced);
        for (int i = 0; i < node.Count; i++)
        {
            if (node is BranchNode branch)
            {
                ref readonly BranchItem item = ref branch.Item(i);
                if (item.Child is { } child)
                {
                    FreeNode(bucket, child);
                }
                else
                {
                    FreePage(bucket, item.PageId);
                }
            }
            else if (((LeafNode)node).Item(i).IsBucket)
            {
                FreePagesOf(bucket.RequireBucket(node.Key(i).Span));
            }
        }
    }

    private void FreePage(BoltBucket bucket, ulong pageId)
    {
        PageSource pages = bucket.Tree.Pages;
        allocation.Free(pages.RunAt(pageId));
        PageView page = pages.TreePage(pageId);
        for (int i = 0; i < page.Count; i++)
        {
            if (!page.IsLeaf)
            {
                FreePage(bucket, page.Child(i));
            }
            else if (page.IsBucket(i))
            {
                FreePagesOf(bucket.RequireBucket(page.Key(i)));
            }
        }
    }
}
