using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using SortOrder = Etcd.Protocol.Rpc.RangeRequest.Types.SortOrder;
using SortTarget = Etcd.Protocol.Rpc.RangeRequest.Types.SortTarget;

namespace Etcd.Mvcc;

/// <summary>How filters, sorting and limit of a range are carried out, with etcd's exact rules.</summary>
internal readonly struct RangePlan
{
    private readonly RangeRequest _request;
    private readonly SortOrder _order;
    private readonly bool _hasFilters;

    private RangePlan(RangeRequest request, SortOrder order, bool hasFilters, int collectMax)
    {
        _request = request;
        _order = order;
        _hasFilters = hasFilters;
        CollectMax = collectMax;
    }

    /// <summary>Most revisions to collect from the index.</summary>
    public int CollectMax { get; }

    /// <summary>Whether the result is the first of what was collected, as it was collected.</summary>
    public bool KeepsKeyOrder => _order == SortOrder.None && !_hasFilters;

    /// <summary>Whether neither sorting nor filters nor limit can change the result of a single key.</summary>
    public static bool IsPlain(RangeRequest request) =>
        request.SortOrder == SortOrder.None && request.SortTarget == SortTarget.Key && request.Limit >= 0 && !HasFilters(request);

    /// <summary>Plans a range.</summary>
    /// <exception cref="EtcdException">Unknown sort order or target (incident #13554).</exception>
    public static RangePlan Of(RangeRequest request)
    {
        if (request.SortOrder is < SortOrder.None or > SortOrder.Descend || request.SortTarget is < SortTarget.Key or > SortTarget.Value)
        {
            throw new EtcdException(EtcdErrorCode.InvalidSortOption);
        }

        bool hasFilters = HasFilters(request);
        bool byKeyAscending = request.SortTarget == SortTarget.Key && request.SortOrder != SortOrder.Descend;
        SortOrder order = byKeyAscending ? SortOrder.None
            : request.SortOrder == SortOrder.None ? SortOrder.Ascend : request.SortOrder;

        // An explicit order is applied to the whole range. A target without an order is sorted too, but only among the first
        // limit + 1 keys: etcd fetches that many to know whether there are more.
        long collectMax = int.MaxValue;
        if (request.Limit > 0 && !hasFilters && (byKeyAscending || request.SortOrder == SortOrder.None))
        {
            collectMax = byKeyAscending ? request.Limit : request.Limit == long.MaxValue ? request.Limit : request.Limit + 1;
        }

        return new RangePlan(request, order, hasFilters, (int)Math.Min(collectMax, int.MaxValue));
    }

    /// <summary>Filters, sorts and cuts what was collected.</summary>
    /// <param name="view">Where the records are.</param>
    /// <param name="found">The revisions, in key order; receives the result.</param>
    /// <param name="count">Keys in the range.</param>
    /// <returns>Whether the limit cut the result.</returns>
    public bool Arrange(in BackendView view, ref RevisionList found, long count)
    {
        if (_hasFilters)
        {
            Filter(view, ref found);
            count = found.Count;
        }

        if (_order != SortOrder.None)
        {
            RangeSorting.Sort(view, found.MutableItems, _request.SortTarget, _order == SortOrder.Descend);
        }

        if (_request.Limit <= 0 || count <= _request.Limit)
        {
            return false;
        }

        found.Truncate((int)_request.Limit);
        return true;
    }

    private static bool HasFilters(RangeRequest request) =>
        (request.MinModRevision | request.MaxModRevision | request.MinCreateRevision | request.MaxCreateRevision) != 0;

    private void Filter(in BackendView view, ref RevisionList found)
    {
        Span<Revision> items = found.MutableItems;
        int kept = 0;
        foreach (Revision revision in items)
        {
            if (Passes(view, revision))
            {
                items[kept++] = revision;
            }
        }

        found.Truncate(kept);
    }

    private bool Passes(in BackendView view, Revision revision)
    {
        if (!IsWithin(revision.Main, _request.MinModRevision, _request.MaxModRevision))
        {
            return false;
        }

        if ((_request.MinCreateRevision | _request.MaxCreateRevision) == 0)
        {
            return true;
        }

        KeyValueRecord record = KeyValueRecord.Parse(RangeReply.RecordOf(view, revision), revision);
        return IsWithin(record.CreateRevision, _request.MinCreateRevision, _request.MaxCreateRevision);
    }

    // 0 means no bound.
    private static bool IsWithin(long value, long min, long max) => (max == 0 || value <= max) && (min == 0 || value >= min);
}
