using Etcd.Bolt.Format;
using Etcd.Bolt.Pages;

namespace Etcd.Bolt.Tree;

/// <summary>Nodes that a commit writes further to the front of the file, as they are: whoever holds them is written anew and names the
/// new place.</summary>
/// <remarks>A node that the transaction has changed as well is not moved: it is written anew in any case.</remarks>
internal sealed class PageMoves(PageSource pages, PageAllocation allocation)
{
    private readonly HashSet<ulong> _planned = [];

    /// <summary>Pages that were moved so far.</summary>
    internal long MovedPages { get; private set; }

    /// <summary>Whether it is planned to move the node at <paramref name="pageId"/>.</summary>
    internal bool IsPlanned(ulong pageId) => _planned.Contains(pageId);

    /// <summary>Plans to move the node at <paramref name="pageId"/>, whose parent is loaded.</summary>
    internal void Plan(ulong pageId) => Invariant.Holds(_planned.Add(pageId));

    /// <summary>Moves a node if that was planned and free pages below it fit.</summary>
    /// <returns>Where the node is from this commit on.</returns>
    internal ulong Place(ulong pageId)
    {
        if (!_planned.Remove(pageId))
        {
            return pageId;
        }

        ReadOnlySpan<byte> node = pages.Run(pageId, out _);
        int count = node.Length / pages.PageSizeBytes;
        if (!allocation.TryAllocateBelow(pageId, count, out PageRun run, out Span<byte> copy))
        {
            return pageId;
        }

        node.CopyTo(copy);
        PageFormat.WriteId(copy, run.Start);
        allocation.Free(new PageRun(pageId, count));
        MovedPages += count;
        return run.Start;
    }
}
