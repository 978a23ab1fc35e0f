namespace Etcd.Bolt.Pages;

/// <summary>Pages that may be written: those free now, and those that become free when the readers that can still see them
/// have ended. Owned by the one write transaction.</summary>
/// <remarks>A page is reusable once no open version contains it. It is in the versions from the transaction that allocated it
/// up to, without, the one that freed it.</remarks>
internal sealed class FreePages
{
    private readonly PageBitmap _free;

    // In order of transaction id.
    private readonly List<PendingPages> _pending = [];

    // Start of run -> transaction that allocated it, for runs allocated while an older reader was open.
    private readonly Dictionary<ulong, ulong> _allocatedBy = [];

    private ulong _forgottenUpTo;

    // Length of run -> page below which no such run is free. Valid until pages become free again.
    private readonly Dictionary<int, ulong> _searchStart = [];

    internal FreePages(PageBitmap free)
    {
        _free = free;
    }

    /// <summary>Pages that can be allocated.</summary>
    internal ulong FreeCount => _free.Count;

    /// <summary>Pages that wait for readers to end.</summary>
    internal ulong PendingCount
    {
        get
        {
            ulong count = 0;
            foreach (PendingPages pending in _pending)
            {
                count += pending.PageCount;
            }

            return count;
        }
    }

    /// <summary>Takes the lowest free run of <paramref name="count"/> pages: the file stays dense at its front.</summary>
    internal bool TryAllocate(int count, out PageRun run) => TryAllocateBelow(PageBitmap.None, count, out run);

    /// <summary>As <see cref="TryAllocate"/>, if that run ends at or below page <paramref name="end"/>.</summary>
    internal bool TryAllocateBelow(ulong end, int count, out PageRun run)
    {
        if (!FitsBelow(end, count))
        {
            run = default;
            return false;
        }

        run = new PageRun(_searchStart[count], count);
        _free.Remove(run);
        _searchStart[count] = run.Start + (ulong)count;
        return true;
    }

    /// <summary>Whether a run of <paramref name="count"/> pages is free that ends at or below page <paramref name="end"/>.</summary>
    internal bool FitsBelow(ulong end, int count)
    {
        ulong start = _free.Count < (ulong)count
            ? PageBitmap.None
            : _free.FindRun(count, _searchStart.GetValueOrDefault(count));
        _searchStart[count] = start;
        return start != PageBitmap.None && start + (ulong)count <= end;
    }

    /// <summary>First page of the free ones that reach unbroken up to <paramref name="highWater"/>; that itself when there are none.</summary>
    internal ulong StartOfFreeTail(ulong highWater) => _free.StartOfRunBefore(highWater);

    /// <summary>Forgets the free pages from <paramref name="highWater"/> on: the file does not have them any more.</summary>
    internal void GiveUpFrom(ulong highWater)
    {
        _free.RemoveFrom(highWater);
        _searchStart.Clear();
    }

    /// <summary>Gives back pages of a transaction that was not committed.</summary>
    internal void Return(PageRun run)
    {
        _free.Add(run);
        _searchStart.Clear();
    }

    /// <summary>Records what a committed transaction took and freed.</summary>
    /// <param name="transactionId">The transaction.</param>
    /// <param name="allocation">Its new runs, and the runs of the version before it that it no longer uses.</param>
    /// <param name="olderReaders">Whether a reader of an older version is open.</param>
    internal void Committed(ulong transactionId, PageAllocation allocation, bool olderReaders)
    {
        var pending = new PendingPages(transactionId);
        foreach (PageRun run in allocation.Freed)
        {
            _allocatedBy.Remove(run.Start, out ulong allocatedBy);
            pending.Add(run, allocatedBy);
        }

        if (pending.PageCount > 0)
        {
            _pending.Add(pending);
        }

        if (olderReaders)
        {
            foreach (PageAllocation.DirtyRun dirty in allocation.Dirty)
            {
                _allocatedBy[dirty.Run.Start] = transactionId;
            }
        }
    }

    /// <summary>Frees what no open version contains any more.</summary>
    /// <param name="readers">Versions older than the current one that are open, ascending.</param>
    /// <param name="oldestEnded">Oldest version that has ended since the last call; batches up to it were judged then.</param>
    internal void Release(IReadOnlyList<ulong> readers, ulong oldestEnded)
    {
        _searchStart.Clear();
        ForgetAllocationsUpTo(readers.Count == 0 ? ulong.MaxValue : readers[0]);
        _pending.RemoveAll(pending =>
        {
            ReleaseUnseen(pending, readers, oldestEnded);
            return pending.PageCount == 0;
        });
    }

    /// <summary>A copy of all free and pending page ids: everything the current version does not contain.</summary>
    internal PageBitmap Snapshot()
    {
        PageBitmap all = _free.Clone();
        foreach (PendingPages pending in _pending)
        {
            pending.AddTo(all);
        }

        return all;
    }

    private void ReleaseUnseen(PendingPages pending, IReadOnlyList<ulong> readers, ulong oldestEnded)
    {
        if (readers.Count == 0 || pending.TransactionId <= readers[0])
        {
            pending.ReleaseAll(_free);
        }
        else if (!pending.WasJudged || pending.TransactionId > oldestEnded)
        {
            pending.ReleaseUnseen(_free, readers);
        }
    }

    // Every open reader sees the pages that were allocated before the oldest one began: they are of no further interest. Without
    // this, readers that overlap each other for days would gather an entry for every page of the file.
    private void ForgetAllocationsUpTo(ulong oldestReader)
    {
        if (oldestReader <= _forgottenUpTo)
        {
            return;
        }

        foreach ((ulong start, ulong allocatedBy) in _allocatedBy)
        {
            if (allocatedBy <= oldestReader)
            {
                _allocatedBy.Remove(start);
            }
        }

        _forgottenUpTo = oldestReader == ulong.MaxValue ? 0 : oldestReader;
    }
}
