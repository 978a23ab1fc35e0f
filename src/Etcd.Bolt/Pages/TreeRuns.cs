using Etcd.Bolt.Format;

namespace Etcd.Bolt.Pages;

/// <summary>Where the nodes of the newest version begin, one bit a page. A page in the middle of a run cannot be told from the first
/// by what it holds.</summary>
internal sealed class TreeRuns(PageBitmap starts)
{
    /// <summary>First page of the last node that begins below page <paramref name="end"/>; <see cref="PageBitmap.None"/> for none.</summary>
    internal ulong LastBelow(ulong end) => starts.LastMemberBelow(end);

    /// <summary>Records what a committed transaction has written and given up.</summary>
    internal void Committed(PageAllocation allocation, in Meta meta)
    {
        foreach (PageRun run in allocation.Freed)
        {
            starts.Discard(run.Start);
        }

        foreach (PageAllocation.DirtyRun dirty in allocation.Dirty)
        {
            if (dirty.Run.Start != meta.FreelistPageId)
            {
                starts.TryAdd(dirty.Run.Start);
            }
        }
    }
}
