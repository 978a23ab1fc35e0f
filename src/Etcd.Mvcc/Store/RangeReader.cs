using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;

namespace Etcd.Mvcc;

/// <summary>Serves ranges from index and backend. Any thread.</summary>
/// <remarks>
/// Order matters: first the revision, then the view, then the index, then the compact revision again. So the view has every
/// record up to the revision, and a compaction that began meanwhile is noticed before anything it may have taken is missed.
/// </remarks>
internal sealed class RangeReader(KeyIndex index, StoreFile backend, StoreRevisions revisions)
{
    /// <summary>Serves a range of the present or a past.</summary>
    /// <exception cref="EtcdException">The revision is compacted or in the future, or a sort option is unknown.</exception>
    public RangeReply Range(RangeRequest request)
    {
        while (true)
        {
            long current = revisions.Current;
            try
            {
                return Range(request, current);
            }
            catch (EtcdException error) when (error.Code == EtcdErrorCode.Compacted && request.Revision <= 0)
            {
                // The newest revision was compacted away by a later one between two lines of ours: there is a newer newest.
                if (revisions.Current == current)
                {
                    throw;
                }
            }
        }
    }

    /// <summary>Serves a range with the newest revision given: a transaction reads all its ranges at one.</summary>
    /// <exception cref="EtcdException">The revision is compacted or in the future, or a sort option is unknown.</exception>
    public RangeReply Range(RangeRequest request, long current)
    {
        long atMain = request.Revision > 0 ? request.Revision : current;
        CheckRevision(atMain, current);
        var range = KeyRange.Of(request.Key.Span, request.RangeEnd.Span);
        if (request.CountOnly)
        {
            long count = index.Count(range, atMain);
            CheckNotCompacted(atMain);
            return new RangeReply(current, count);
        }

        BackendView view = backend.View();
        try
        {
            return range.IsSingle && !request.KeysOnly && RangePlan.IsPlain(request)
                ? Get(request, atMain, current, view)
                : Collect(request, range, atMain, current, view);
        }
        catch
        {
            view.Dispose();
            throw;
        }
    }

    /// <summary>Checks that a main revision can be read.</summary>
    public void CheckRevision(long atMain, long current)
    {
        if (atMain > current)
        {
            throw new EtcdException(EtcdErrorCode.FutureRevision);
        }

        CheckNotCompacted(atMain);
    }

    private RangeReply Get(RangeRequest request, long atMain, long current, BackendView view)
    {
        bool found = index.TryFind(request.Key.Span, atMain, out Revision revision);
        CheckNotCompacted(atMain);
        if (found)
        {
            return new RangeReply(current, view, revision);
        }

        view.Dispose();
        return new RangeReply(current, 0);
    }

    private RangeReply Collect(RangeRequest request, in KeyRange range, long atMain, long current, BackendView view)
    {
        var plan = RangePlan.Of(request);
        var found = default(RevisionList);
        CollectedKeys? keys = request.KeysOnly && plan.KeepsKeyOrder ? new CollectedKeys() : null;
        try
        {
            long count = index.Collect(range, atMain, plan.CollectMax, ref found, keys);
            CheckNotCompacted(atMain);
            bool more = plan.Arrange(view, ref found, count);
            return new RangeReply(current, count, more, request.KeysOnly, view, found, keys);
        }
        catch
        {
            found.Dispose();
            keys?.Dispose();
            throw;
        }
    }

    private void CheckNotCompacted(long atMain)
    {
        if (atMain < revisions.Compact)
        {
            throw new EtcdException(EtcdErrorCode.Compacted);
        }
    }
}
