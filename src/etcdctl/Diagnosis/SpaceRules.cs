using System.Globalization;
using Etcd.Protocol.Rpc;
using Etcdctl.Text;

namespace Etcdctl.Diagnosis;

/// <summary>Is there room, and is history forgotten from time to time?</summary>
internal static class SpaceRules
{
    private const double QuotaWarning = 0.8;
    private const double QuotaProblem = 0.95;
    private const double InUseMin = 0.5;
    private const long FragmentedBytesMin = 64L << 20;
    private const long HistoryRevisionsMax = 5_000_000;

    public static IEnumerable<Finding> Check(ClusterView view)
    {
        List<Finding> found = [];
        foreach ((EndpointView endpoint, StatusResponse status) in view.Answers)
        {
            string member = view.NameOf(status.Header.MemberId);
            found.AddRange(Quota(member, status, endpoint));
            found.AddRange(Fragmentation(member, endpoint.Endpoint, status));
            found.AddRange(History(member, status, endpoint));
        }

        if (found.Count == 0 && view.Answers.Count > 0)
        {
            long largest = view.Answers.Max(answer => answer.Status.DbSize);
            found.Add(Finding.Good("space", $"the largest database has {GoText.Size((ulong)largest)}, below its quota and mostly in use"));
        }

        // Compaction is the cluster's, not a member's: once is enough.
        return found.DistinctBy(finding => finding.Check == "compaction" ? finding.Check : finding.Message);
    }

    private static IEnumerable<Finding> Quota(string member, StatusResponse status, EndpointView endpoint)
    {
        double quota = status.DbSizeQuota > 0 ? status.DbSizeQuota : endpoint.Metrics?.Sum("etcd_server_quota_backend_bytes") ?? 0;
        double used = quota > 0 ? status.DbSize / quota : 0;
        if (used >= QuotaWarning)
        {
            string message = string.Create(
                CultureInfo.InvariantCulture,
                $"the database of {member} has {GoText.Size((ulong)status.DbSize)} of {GoText.Size((ulong)quota)} ({used * 100:F0} %)");
            const string Advice = "etcdctl compaction to a recent revision, then etcdctl defrag for each member; or raise --quota-backend-bytes. At the quota the cluster takes no writes.";
            yield return used < QuotaProblem ? Finding.Warning("quota", message, Advice) : Finding.Problem("quota", message, Advice);
        }
    }

    private static IEnumerable<Finding> Fragmentation(string member, string endpoint, StatusResponse status)
    {
        if (status.DbSize >= FragmentedBytesMin && status.DbSizeInUse > 0 && status.DbSizeInUse < status.DbSize * InUseMin)
        {
            yield return Finding.Warning(
                "fragmentation",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the database of {member} has {GoText.Size((ulong)status.DbSize)}, of which {GoText.Size((ulong)status.DbSizeInUse)} are in use"),
                $"etcdctl defrag --endpoints {endpoint}, one member after the other: a member does not answer meanwhile.");
        }
    }

    private static IEnumerable<Finding> History(string member, StatusResponse status, EndpointView endpoint)
    {
        double? compacted = endpoint.Hash is { } hash ? Math.Max(0, hash.CompactRevision) : endpoint.Metrics?.Sum("etcd_debugging_mvcc_compact_revision");
        long kept = compacted is { } revision ? status.Header.Revision - (long)revision : 0;
        if (kept > HistoryRevisionsMax)
        {
            yield return Finding.Warning(
                "compaction",
                string.Create(CultureInfo.InvariantCulture, $"{member} keeps {kept} revisions of history"),
                "Start the members with --auto-compaction-retention, or run etcdctl compaction from time to time.");
        }
    }
}
