using System.Globalization;
using Etcd.Protocol.Rpc;
using Etcdctl.Text;

namespace Etcdctl.Diagnosis;

/// <summary>Do the members agree: on the leader, the version, the log, the data?</summary>
internal static class AgreementRules
{
    private const ulong LagWarning = 1000;
    private const ulong LagProblem = 5000;

    public static IEnumerable<Finding> Check(ClusterView view)
    {
        if (view.Answers.Count == 0)
        {
            return [];
        }

        return [.. Leader(view), .. Versions(view), .. Lag(view), .. Alarms(view), .. Hashes(view)];
    }

    private static IEnumerable<Finding> Leader(ClusterView view)
    {
        ulong[] leaders = [.. view.Answers.Select(answer => answer.Status.Leader).Distinct()];
        if (leaders.Contains(0UL))
        {
            string[] without = [.. view.Answers.Where(answer => answer.Status.Leader == 0).Select(answer => view.NameOf(answer.Status.Header.MemberId))];
            yield return Finding.Problem(
                "leader",
                $"{string.Join(", ", without)} {(without.Length == 1 ? "sees" : "see")} no leader",
                "More than half of the voting members must run and reach each other on their peer addresses.");
        }
        else if (leaders.Length > 1)
        {
            yield return Finding.Problem(
                "leader",
                $"the members name {leaders.Length} leaders: {string.Join(", ", leaders.Select(view.NameOf))}",
                "An election may be under way: look again. If it stays so, the members do not reach each other.");
        }
        else
        {
            yield return Finding.Good("leader", string.Create(
                CultureInfo.InvariantCulture, $"all follow {view.NameOf(leaders[0])} in term {view.Answers.Max(answer => answer.Status.RaftTerm)}"));
        }
    }

    private static IEnumerable<Finding> Versions(ClusterView view)
    {
        string[] versions = [.. view.Answers.Select(answer => answer.Status.Version).Distinct().Order(StringComparer.Ordinal)];
        yield return versions.Length == 1
            ? Finding.Good("version", "all run " + versions[0])
            : Finding.Warning("version", "several versions run: " + string.Join(", ", versions), "Finish the upgrade: features of the newest are off until all have it.");
    }

    private static IEnumerable<Finding> Lag(ClusterView view)
    {
        ulong newest = view.Answers.Max(answer => answer.Status.RaftIndex);
        bool isGood = true;
        foreach ((EndpointView endpoint, StatusResponse status) in view.Answers)
        {
            ulong lag = newest - Math.Min(newest, Math.Max(status.RaftAppliedIndex, endpoint.AppliedLater));
            if (lag < LagWarning)
            {
                continue;
            }

            isGood = false;
            string message = string.Create(CultureInfo.InvariantCulture, $"{view.NameOf(status.Header.MemberId)} is {lag} entries behind");
            const string Advice = "Look at its disk (etcd_disk_wal_fsync_duration_seconds), its load and its network. It catches up by itself when they allow it.";
            yield return lag < LagProblem ? Finding.Warning("lag", message, Advice) : Finding.Problem("lag", message, Advice);
        }

        if (isGood)
        {
            yield return Finding.Good("lag", string.Create(CultureInfo.InvariantCulture, $"nobody is {LagWarning} or more entries behind"));
        }
    }

    private static IEnumerable<Finding> Alarms(ClusterView view)
    {
        foreach (AlarmMember alarm in view.Alarms)
        {
            string member = view.NameOf(alarm.MemberID);
            yield return alarm.Alarm switch
            {
                AlarmType.Nospace => Finding.Problem(
                    "alarm",
                    $"NOSPACE of {member}: the cluster takes no writes",
                    "etcdctl compaction to a recent revision, etcdctl defrag --cluster, then etcdctl alarm disarm; or raise --quota-backend-bytes."),
                AlarmType.Corrupt => Finding.Problem(
                    "alarm",
                    $"CORRUPT of {member}: its data differs from that of the others",
                    "Find the member whose hash differs (etcdctl endpoint hashkv --cluster), remove it, delete its data and add it anew; then etcdctl alarm disarm."),
                _ => Finding.Problem("alarm", $"{alarm.Alarm} of {member}", "etcdctl alarm list; look into the log of that member."),
            };
        }

        if (view.Alarms.Count == 0)
        {
            yield return Finding.Good("alarm", "none is raised");
        }
    }

    // Hashes of members that are compacted differently cannot be compared.
    private static IEnumerable<Finding> Hashes(ClusterView view)
    {
        HashKVResponse[] hashes = [.. view.Answers.Where(answer => answer.Endpoint.Hash is not null).Select(answer => answer.Endpoint.Hash!)];
        if (hashes.Length < 2)
        {
            yield break;
        }

        bool isComparable = hashes.Select(hash => hash.CompactRevision).Distinct().Count() == 1;
        if (isComparable && hashes.Select(hash => hash.Hash).Distinct().Count() > 1)
        {
            yield return Finding.Problem(
                "hash",
                "the members do not have the same data: " + string.Join(", ", hashes.Select(hash => $"{view.NameOf(hash.Header.MemberId)} {GoNumber.Hex(hash.Hash)}")),
                "Take a snapshot of each member now. The one that differs from most is to be removed, its data deleted, and added anew.");
        }
        else if (isComparable)
        {
            yield return Finding.Good("hash", $"{hashes.Length} members have the same data");
        }
    }
}
