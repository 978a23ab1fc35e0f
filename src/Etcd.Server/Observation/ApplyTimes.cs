using System.Collections.Concurrent;

using Etcd.Protocol.Replication;

namespace Etcd.Server.Observation;

/// <summary>How long requests took to apply, by API, kind of request and outcome. A series begins with its first request, as in etcd; there are
/// as many as there are kinds, whatever clients send.</summary>
public sealed class ApplyTimes
{
    private const int BoundedBuckets = 20;
    private static readonly TimeSpan FirstBound = TimeSpan.FromMicroseconds(100);

    // The two that make up nearly all load are found without a look-up.
    private readonly DurationHistogram _puts = Create();
    private readonly DurationHistogram _txns = Create();
    private readonly ConcurrentDictionary<(string Version, string Operation, bool Success), DurationHistogram> _others = new();

    /// <summary>The series that have begun.</summary>
    public IEnumerable<(string Version, string Operation, bool Success, DurationHistogram Times)> All
    {
        get
        {
            if (_puts.Count > 0)
            {
                yield return ("v3", "Put", true, _puts);
            }

            if (_txns.Count > 0)
            {
                yield return ("v3", "Txn", true, _txns);
            }

            foreach (((string version, string operation, bool success), DurationHistogram times) in _others)
            {
                yield return (version, operation, success, times);
            }
        }
    }

    internal void Record(InternalRaftRequest request, bool success, TimeSpan took)
    {
        DurationHistogram? usual = !success ? null : request.Put is not null ? _puts : request.Txn is not null ? _txns : null;
        (usual ?? Of("v3", RequestText.OperationOf(request), success)).Record(took);
    }

    internal void Record(Request request, bool success, TimeSpan took) => Of("v2", V2Operation(request.Method), success).Record(took);

    // What stands in the log was checked by whoever proposed it, which need not be a member of this release.
    private static string V2Operation(string method) => method is "GET" or "QGET" or "PUT" or "POST" or "DELETE" or "SYNC" ? method : "UNKNOWN";

    private static DurationHistogram Create() => new(FirstBound, BoundedBuckets);

    private DurationHistogram Of(string version, string operation, bool success) =>
        _others.GetOrAdd((version, operation, success), static _ => Create());
}
