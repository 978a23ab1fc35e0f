using Etcdctl.Diagnosis;
using Etcdctl.Text;
using Etcdctl.Top;

namespace Etcdctl.Output;

/// <summary>The reports that are this etcdctl's own, as JSON. Names and meaning stay; fields may be added.</summary>
internal static class ReportJson
{
    public static void Write(JsonText json, IReadOnlyList<Finding> findings)
    {
        json.BeginObject();
        json.Name("healthy");
        json.Value(findings.All(finding => finding.Severity != Severity.Problem));
        json.Name("findings");
        json.BeginArray();
        foreach (Finding finding in findings)
        {
            json.BeginObject();
            json.Name("severity");
            json.Value(finding.Severity switch { Severity.Problem => "problem", Severity.Warning => "warning", _ => "ok" });
            json.Name("check");
            json.Value(finding.Check);
            json.Name("message");
            json.Value(finding.Message);
            json.Optional("advice", finding.Advice);
            json.EndObject();
        }

        json.EndArray();
        json.EndObject();
        json.EndLine();
    }

    public static void Write(JsonText json, ClusterSample sample)
    {
        json.BeginObject();
        json.Name("time");
        json.Value(sample.At.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture));
        Number(json, "seconds", sample.Elapsed.TotalSeconds);
        json.Name("members");
        json.BeginArray();
        foreach ((MemberSample member, MemberRates rates) in sample.Members)
        {
            Write(json, member, rates, sample.NewestIndex);
        }

        json.EndArray();
        json.Name("hot_prefixes");
        json.BeginArray();
        foreach (HotPrefix hot in sample.HotPrefixes)
        {
            json.BeginObject();
            json.Name("prefix");
            json.Value(hot.Prefix);
            Number(json, "changes_per_second", hot.ChangesPerSecond);
            json.EndObject();
        }

        json.EndArray();
        json.EndObject();
        json.EndLine();
    }

    private static void Write(JsonText json, MemberSample member, MemberRates rates, ulong newest)
    {
        json.BeginObject();
        json.Name("name");
        json.Value(member.Name);
        json.Name("endpoint");
        json.Value(member.Endpoint);
        json.Name("role");
        json.Value(member.Role);
        if (member.Status is { } status)
        {
            json.Name("id");
            json.Value(GoNumber.Hex(status.Header.MemberId));
            json.Name("version");
            json.Value(status.Version);
            json.Name("db_size");
            json.Value(status.DbSize);
            json.Name("db_size_in_use");
            json.Value(status.DbSizeInUse);
            json.Name("raft_term");
            json.Value(status.RaftTerm);
            json.Name("raft_index");
            json.Value(status.RaftIndex);
            json.Name("raft_applied_index");
            json.Value(status.RaftAppliedIndex);
            json.Name("lag");
            json.Value(newest - Math.Min(newest, status.RaftAppliedIndex));
            Number(json, "latency_seconds", member.Latency.TotalSeconds);
        }

        Number(json, "puts_per_second", rates.Puts);
        Number(json, "ranges_per_second", rates.Ranges);
        Number(json, "deletes_per_second", rates.Deletes);
        Number(json, "txns_per_second", rates.Transactions);
        Number(json, "calls_per_second", rates.Requests);
        Number(json, "wal_fsync_p99_seconds", rates.SyncSeconds);
        Number(json, "watchers", member.Metrics?.Sum("etcd_debugging_mvcc_watcher_total"));
        Number(json, "resident_memory_bytes", member.Metrics?.Sum("process_resident_memory_bytes"));
        json.EndObject();
    }

    private static void Number(JsonText json, string name, double? value)
    {
        if (value is { } number)
        {
            json.Name(name);
            json.Value(number);
        }
    }
}
