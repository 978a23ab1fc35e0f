using Etcd.Protocol.Rpc;
using CompareResult = Etcd.Protocol.Rpc.Compare.Types.CompareResult;
using CompareTarget = Etcd.Protocol.Rpc.Compare.Types.CompareTarget;

namespace Etcd.Mvcc;

/// <summary>Evaluates the conditions of transactions at one revision.</summary>
/// <remarks>
/// A missing key compares as zeros, except that no condition on its value holds. An operand of another
/// kind than the target counts as zero, and an unknown comparison as true: so does etcd, and members must agree.
/// </remarks>
internal sealed class CompareReader(KeyIndex index, StoreFile backend, long atMain)
{
    /// <summary>Tells whether all conditions hold.</summary>
    public bool AllHold(IEnumerable<Compare> compares)
    {
        foreach (Compare compare in compares)
        {
            if (!Holds(compare))
            {
                return false;
            }
        }

        return true;
    }

    private bool Holds(Compare compare)
    {
        var range = KeyRange.Of(compare.Key.Span, compare.RangeEnd.Span);
        using BackendView view = backend.View();
        var found = default(RevisionList);
        try
        {
            index.Collect(range, atMain, int.MaxValue, ref found, keys: null);
            if (found.Count == 0)
            {
                return compare.Target != CompareTarget.Value && Matches(compare.Result, OrderOf(compare, default));
            }

            foreach (Revision revision in found.Items)
            {
                KeyValueRecord record = KeyValueRecord.Parse(RangeReply.RecordOf(view, revision), revision);
                if (!Matches(compare.Result, OrderOf(compare, record)))
                {
                    return false;
                }
            }

            return true;
        }
        finally
        {
            found.Dispose();
        }
    }

    private static int OrderOf(Compare compare, in KeyValueRecord record) => compare.Target switch
    {
        CompareTarget.Value => record.Value.SequenceCompareTo(compare.Value.Span),
        CompareTarget.Version => record.Version.CompareTo(compare.Version),
        CompareTarget.Create => record.CreateRevision.CompareTo(compare.CreateRevision),
        CompareTarget.Mod => record.ModRevision.CompareTo(compare.ModRevision),
        CompareTarget.Lease => record.Lease.CompareTo(compare.Lease),
        _ => 0,
    };

    private static bool Matches(CompareResult result, int order) => result switch
    {
        CompareResult.Equal => order == 0,
        CompareResult.Greater => order > 0,
        CompareResult.Less => order < 0,
        CompareResult.NotEqual => order != 0,
        _ => true,
    };
}
