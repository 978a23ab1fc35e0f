using System.Buffers.Binary;

using Etcd.Bolt.Format;
using Etcd.Bolt.Pages;

namespace Etcd.Bolt.Integrity;

/// <summary>Finds all pages a version uses, by walking its trees. What it does not use is free: files without a stored freelist
/// are opened that way.</summary>
internal sealed class ReachablePages
{
    private readonly PageSource _pages;
    private readonly PageBitmap _reached;
    private readonly PageBitmap _runStarts;
    private readonly Stack<Visit> _toVisit = new();

    private ReachablePages(PageSource pages, ulong highWater)
    {
        _pages = pages;
        _reached = new PageBitmap(highWater);
        _runStarts = new PageBitmap(highWater);
    }

    /// <summary>The pages of the trees, without metas and freelist.</summary>
    /// <param name="pages">The version's pages.</param>
    /// <param name="meta">Its meta.</param>
    /// <param name="runStarts">Those of them with which a node begins.</param>
    /// <exception cref="CorruptDatabaseException">A page is damaged, or reached twice.</exception>
    internal static PageBitmap Of(PageSource pages, in Meta meta, out PageBitmap runStarts)
    {
        var walk = new ReachablePages(pages, meta.HighWater);
        walk._toVisit.Push(new Visit(meta.RootPageId, TreeDepth: 0, BucketDepth: 0));
        while (walk._toVisit.TryPop(out Visit visit))
        {
            walk.Enter(visit);
        }

        runStarts = walk._runStarts;
        return walk._reached;
    }

    private void Enter(Visit visit)
    {
        PageView page = _pages.TreePage(visit.PageId);
        if (visit.TreeDepth > PageFormat.TreeDepthMax || visit.BucketDepth > PageFormat.BucketDepthMax)
        {
            throw _pages.Corrupt(page.FileOffset, "trees and buckets of 64 levels or fewer", "more");
        }

        ulong end = visit.PageId + (ulong)(page.Length / _pages.PageSizeBytes);
        for (ulong id = visit.PageId; id < end; id++)
        {
            if (!_reached.TryAdd(id))
            {
                throw _pages.Corrupt(page.FileOffset, $"one reference to page {id}", "two");
            }
        }

        _runStarts.TryAdd(visit.PageId);

        // Pushed in reverse, so that pages are visited in key order, which is how they mostly lie in the file.
        for (int i = page.Count - 1; i >= 0; i--)
        {
            if (!page.IsLeaf)
            {
                _toVisit.Push(new Visit(page.Child(i), visit.TreeDepth + 1, visit.BucketDepth));
            }
            else if (page.IsBucket(i))
            {
                EnterBucket(page, i, visit.BucketDepth + 1);
            }
        }
    }

    private void EnterBucket(PageView page, int index, int bucketDepth)
    {
        ReadOnlySpan<byte> value = page.Value(index);
        if (value.Length < PageFormat.BucketHeaderBytes)
        {
            throw _pages.Corrupt(page.FileOffset, $"a bucket header of {PageFormat.BucketHeaderBytes} bytes", $"{value.Length} bytes");
        }

        ulong root = BinaryPrimitives.ReadUInt64LittleEndian(value);
        if (root != 0)
        {
            _toVisit.Push(new Visit(root, TreeDepth: 0, bucketDepth));
        }
    }

    private readonly record struct Visit(ulong PageId, int TreeDepth, int BucketDepth);
}
