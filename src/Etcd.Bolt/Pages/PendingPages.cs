using System.Runtime.InteropServices;

namespace Etcd.Bolt.Pages;

/// <summary>The runs one transaction freed, which older readers may still see.</summary>
internal sealed class PendingPages(ulong transactionId)
{
    private readonly List<PendingRun> _runs = [];

    /// <summary>Transaction that freed the runs: versions from it on do not contain them.</summary>
    internal ulong TransactionId { get; } = transactionId;

    internal ulong PageCount { get; private set; }

    /// <summary>Whether the runs were compared with the open readers once.</summary>
    internal bool WasJudged { get; private set; }

    /// <summary>Adds a run.</summary>
    /// <param name="run">The pages.</param>
    /// <param name="allocatedBy">Transaction that allocated them; 0 when unknown, which stands for "before every reader".</param>
    internal void Add(PageRun run, ulong allocatedBy)
    {
        _runs.Add(new PendingRun(run, allocatedBy));
        PageCount += (ulong)run.Count;
    }

    internal void ReleaseAll(PageBitmap free)
    {
        AddTo(free);
        _runs.Clear();
        PageCount = 0;
    }

    /// <summary>Releases the runs that were allocated and freed between two neighbouring readers.</summary>
    internal void ReleaseUnseen(PageBitmap free, IReadOnlyList<ulong> readers)
    {
        WasJudged = true;
        ulong youngestThatCouldSee = YoungestBefore(readers, TransactionId);
        int kept = 0;
        foreach (PendingRun pending in CollectionsMarshal.AsSpan(_runs))
        {
            if (pending.AllocatedBy > youngestThatCouldSee)
            {
                free.Add(pending.Run);
                PageCount -= (ulong)pending.Run.Count;
            }
            else
            {
                _runs[kept++] = pending;
            }
        }

        _runs.RemoveRange(kept, _runs.Count - kept);
    }

    internal void AddTo(PageBitmap pages)
    {
        foreach (PendingRun pending in _runs)
        {
            pages.Add(pending.Run);
        }
    }

    private static ulong YoungestBefore(IReadOnlyList<ulong> readers, ulong transactionId)
    {
        ulong youngest = 0;
        foreach (ulong reader in readers)
        {
            if (reader < transactionId)
            {
                youngest = reader;
            }
        }

        return youngest;
    }

    private readonly record struct PendingRun(PageRun Run, ulong AllocatedBy);
}
