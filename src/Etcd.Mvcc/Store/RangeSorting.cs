using SortTarget = Etcd.Protocol.Rpc.RangeRequest.Types.SortTarget;

namespace Etcd.Mvcc;

/// <summary>Puts revisions that stand in key order into another order; equal ones stay in key order.</summary>
internal static class RangeSorting
{
    /// <summary>Sorts in place.</summary>
    public static void Sort(in BackendView view, Span<Revision> revisions, SortTarget target, bool descending)
    {
        if (target == SortTarget.Key)
        {
            // Only descending comes here: ascending is the order of the index.
            revisions.Reverse();
        }
        else if (target == SortTarget.Value)
        {
            SortByValue(view, revisions, descending ? -1 : 1);
        }
        else
        {
            SortByNumber(view, revisions, target, descending ? -1 : 1);
        }
    }

    private static void SortByNumber(in BackendView view, Span<Revision> revisions, SortTarget target, int direction)
    {
        var items = new (long Number, int At, Revision Revision)[revisions.Length];
        for (int at = 0; at < items.Length; at++)
        {
            items[at] = (NumberOf(view, revisions[at], target), at, revisions[at]);
        }

        Array.Sort(items, (left, right) =>
            left.Number != right.Number ? direction * left.Number.CompareTo(right.Number) : left.At.CompareTo(right.At));
        for (int at = 0; at < items.Length; at++)
        {
            revisions[at] = items[at].Revision;
        }
    }

    private static long NumberOf(in BackendView view, Revision revision, SortTarget target)
    {
        if (target == SortTarget.Mod)
        {
            return revision.Main;
        }

        KeyValueRecord record = KeyValueRecord.Parse(RangeReply.RecordOf(view, revision), revision);
        return target == SortTarget.Create ? record.CreateRevision : record.Version;
    }

    private static void SortByValue(in BackendView view, Span<Revision> revisions, int direction)
    {
        var items = new (byte[] Value, int At, Revision Revision)[revisions.Length];
        for (int at = 0; at < items.Length; at++)
        {
            KeyValueRecord record = KeyValueRecord.Parse(RangeReply.RecordOf(view, revisions[at]), revisions[at]);
            items[at] = (record.Value.ToArray(), at, revisions[at]);
        }

        Array.Sort(items, (left, right) =>
        {
            int order = left.Value.AsSpan().SequenceCompareTo(right.Value);
            return order != 0 ? direction * order : left.At.CompareTo(right.At);
        });
        for (int at = 0; at < items.Length; at++)
        {
            revisions[at] = items[at].Revision;
        }
    }
}
