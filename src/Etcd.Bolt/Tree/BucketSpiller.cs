using System.Buffers.Binary;

using Etcd.Bolt.Format;
using Etcd.Bolt.Pages;

namespace Etcd.Bolt.Tree;

/// <summary>At a commit, writes the changed buckets to new pages, the inner ones first, since a bucket's root page is named in
/// the value that its parent holds for it.</summary>
/// <param name="pages">Pages of the version that the transaction began from.</param>
/// <param name="allocation">Where the new pages come from.</param>
/// <param name="moves">Unchanged nodes that are to be written elsewhere too, or <see langword="null"/>.</param>
internal sealed class BucketSpiller(PageSource pages, PageAllocation allocation, PageMoves? moves)
{
    /// <summary>Writes the top-level bucket.</summary>
    /// <returns>Its new root page.</returns>
    internal ulong SpillTopLevel(BoltBucket topLevel)
    {
        SpillChildren(topLevel);
        return Spill(topLevel, Rebalance(topLevel));
    }

    /// <summary>The value of a bucket without content: its own header and an empty leaf.</summary>
    internal static byte[] EmptyInlineValue()
    {
        byte[] value = new byte[PageFormat.BucketHeaderBytes + PageFormat.HeaderBytes];
        PageFormat.WriteHeader(value.AsSpan(PageFormat.BucketHeaderBytes), id: 0, PageFormat.LeafFlag, count: 0, overflow: 0);
        return value;
    }

    private void SpillChildren(BoltBucket bucket)
    {
        foreach ((byte[] name, BoltBucket child) in bucket.ChangedChildren())
        {
            Invariant.Holds(bucket.Tree.TryPut(new LeafItem(name, ValueOf(child), IsBucket: true)));
        }
    }

    private byte[] ValueOf(BoltBucket bucket)
    {
        SpillChildren(bucket);
        Node root = Rebalance(bucket);
        return root is LeafNode leaf && leaf.SizeBytes <= pages.PageSizeBytes / 4 && !leaf.HoldsBuckets
            ? InlineValue(bucket, leaf)
            : PagedValue(bucket, root);
    }

    private byte[] InlineValue(BoltBucket bucket, LeafNode leaf)
    {
        byte[] value = new byte[PageFormat.BucketHeaderBytes + leaf.SizeBytes];
        WriteBucketHeader(value, rootPageId: 0, bucket.Sequence);
        leaf.WriteTo(value.AsSpan(PageFormat.BucketHeaderBytes), id: 0, overflow: 0, start: 0, leaf.Count);
        allocation.Free(leaf.Replaced);
        return value;
    }

    private byte[] PagedValue(BoltBucket bucket, Node root)
    {
        byte[] value = new byte[PageFormat.BucketHeaderBytes];
        WriteBucketHeader(value, Spill(bucket, root), bucket.Sequence);
        return value;
    }

    private Node Rebalance(BoltBucket bucket) => new TreeRebalancer(pages, allocation).Rebalance(bucket.Tree.LoadRoot());

    private ulong Spill(BoltBucket bucket, Node root) =>
        new TreeSpiller(allocation, moves, pages.PageSizeBytes, bucket.FillPercent).Spill(root);

    private static void WriteBucketHeader(Span<byte> value, ulong rootPageId, ulong sequence)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(value, rootPageId);
        BinaryPrimitives.WriteUInt64LittleEndian(value[8..], sequence);
    }
}
