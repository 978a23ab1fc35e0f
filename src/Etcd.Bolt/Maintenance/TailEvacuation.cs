using Etcd.Bolt.Pages;
using Etcd.Bolt.Tree;

namespace Etcd.Bolt.Maintenance;

/// <summary>Chooses which nodes at the file's end a commit moves to the front, so that the file can be cut.</summary>
/// <remarks>
/// <para>A node is named by one parent alone: the branch above it, or, of a bucket's root, the value that holds the bucket. Both are
/// found by descending to the node's first key, and written anew with all that is above them.</para>
/// <para>Nodes of buckets inside buckets stay where they are. Their place could only be found by a walk over everything.</para>
/// </remarks>
internal sealed class TailEvacuation(BoltBucket topLevel, PageSource pages, TreeRuns runs, FreePages free, PageMoves moves)
{
    private IReadOnlyList<byte[]>? _bucketNames;

    // The bucket of the node before: neighbours in the file mostly belong together.
    private BoltBucket? _likely;
    private long _plannedPages;

    /// <summary>Plans to move the nodes that end beyond page <paramref name="target"/>, the last of the file first.</summary>
    /// <param name="highWater">End of the version's pages.</param>
    /// <param name="target">Where the database may end.</param>
    /// <param name="pagesMax">Pages to write for it, those of the branches above included. The last node may exceed it.</param>
    /// <returns>Pages that the commit will write for it, at most.</returns>
    internal long Plan(ulong highWater, ulong target, long pagesMax)
    {
        ulong start = highWater;
        for (long looked = 0; looked < pagesMax && CanPlan(pagesMax); looked++)
        {
            start = runs.LastBelow(start);
            if (start == PageBitmap.None)
            {
                break;
            }

            PageRun run = pages.RunAt(start);
            if (start + (ulong)run.Count <= target)
            {
                break;
            }

            if (!moves.IsPlanned(start) && free.FitsBelow(start, run.Count) && LoadAbove(run) is { } parent)
            {
                Plan(run);
                PlanChildren(parent, target, pagesMax);
            }
        }

        return _plannedPages;
    }

    private bool CanPlan(long pagesMax) => _plannedPages < pagesMax && _plannedPages < (long)free.FreeCount;

    /// <summary>Loads what names the node, wherever it belongs to.</summary>
    /// <returns>Its parent; <see langword="null"/> when it is written anew without a plan, or belongs to a tree that is not looked at.</returns>
    private BranchNode? LoadAbove(PageRun run)
    {
        PageView page = pages.TreePage(run.Start);
        ReadOnlySpan<byte> firstKey = page.Count == 0 ? default : page.Key(0);
        if (_likely is not null && TryLoadAbove(_likely, run.Start, firstKey, out BranchNode? parent))
        {
            return parent;
        }

        _bucketNames ??= topLevel.BucketNames();
        foreach (byte[] name in _bucketNames)
        {
            // A bucket that the transaction has deleted is not found any more.
            if (topLevel.Bucket(name) is { } bucket && TryLoadAbove(bucket, run.Start, firstKey, out parent))
            {
                return parent;
            }
        }

        TryLoadAbove(topLevel, run.Start, firstKey, out parent);
        return parent;
    }

    private bool TryLoadAbove(BoltBucket bucket, ulong pageId, ReadOnlySpan<byte> firstKey, out BranchNode? parent)
    {
        if (!bucket.Tree.TryLoadAbove(pageId, firstKey, out parent, out int loadedPages))
        {
            return false;
        }

        _likely = bucket;
        _plannedPages += loadedPages;
        return true;
    }

    /// <summary>Takes all children of a branch that lie beyond the target: the branch is written once for all of them.</summary>
    private void PlanChildren(BranchNode parent, ulong target, long pagesMax)
    {
        for (int i = parent.Count - 1; i >= 0 && CanPlan(pagesMax); i--)
        {
            ref readonly BranchItem item = ref parent.Item(i);
            if (item.Child is not null || item.PageId < target || moves.IsPlanned(item.PageId))
            {
                continue;
            }

            PageRun run = pages.RunAt(item.PageId);
            if (free.FitsBelow(run.Start, run.Count))
            {
                Plan(run);
            }
        }
    }

    private void Plan(PageRun run)
    {
        moves.Plan(run.Start);
        _plannedPages += run.Count;
    }
}
