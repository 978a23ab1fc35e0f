using System.Globalization;
using Etcd.Protocol.Kv;
using Etcdctl.History;
using Etcdctl.Text;
using Etcdctl.Top;

namespace Etcdctl.Output;

/// <summary>Header and rows of the reports that are this etcdctl's own.</summary>
internal static class ReportTable
{
    private const string Unknown = "-";

    public static ReplyTable OfHistory(KeyHistory history) => new(
        ["REVISION", "TYPE", "VERSION", "LEASE", "VALUE"],
        [
            .. history.Changes.Select(change => (string[])
            [
                Number(change.Kv.ModRevision),
                change.Type == Event.Types.EventType.Delete ? "DELETE" : "PUT",
                Number(change.Kv.Version),
                GoNumber.Hex((ulong)change.Kv.Lease, change.Kv.Lease == 0 ? 0 : 16),
                change.Type == Event.Types.EventType.Delete ? "" : GoText.Quote(change.Kv.Value.Span),
            ]),
        ]);

    public static ReplyTable OfMembers(ClusterSample sample)
    {
        ulong newest = sample.NewestIndex;
        return new(
            ["NAME", "ROLE", "VERSION", "DB SIZE", "IN USE", "TERM", "APPLIED", "LAG", "LATENCY", "PUT/S", "GET/S", "DEL/S", "TXN/S", "CALLS/S", "FSYNC P99", "WATCHERS", "MEMORY"],
            [.. sample.Members.Select(member => RowOf(member.Sample, member.Rates, newest))]);
    }

    public static ReplyTable OfHotPrefixes(ClusterSample sample) => new(
        ["HOT PREFIX", "CHANGES/S"],
        [.. sample.HotPrefixes.Select(hot => (string[])[GoText.Quote(hot.Prefix), Rate(hot.ChangesPerSecond)])]);

    private static string[] RowOf(MemberSample member, MemberRates rates, ulong newest) => member.Status is not { } status
        ? [member.Name, member.Role, .. Enumerable.Repeat(Unknown, 15)]
        :
        [
            member.Name,
            member.Role,
            status.Version,
            GoText.Size((ulong)status.DbSize),
            GoText.Size((ulong)status.DbSizeInUse),
            status.RaftTerm.ToString(CultureInfo.InvariantCulture),
            status.RaftAppliedIndex.ToString(CultureInfo.InvariantCulture),
            (newest - Math.Min(newest, status.RaftAppliedIndex)).ToString(CultureInfo.InvariantCulture),
            Milliseconds(member.Latency.TotalSeconds),
            Rate(rates.Puts),
            Rate(rates.Ranges),
            Rate(rates.Deletes),
            Rate(rates.Transactions),
            Rate(rates.Requests),
            Milliseconds(rates.SyncSeconds),
            member.Metrics?.Sum("etcd_debugging_mvcc_watcher_total") is { } watchers ? Number((long)watchers) : Unknown,
            member.Metrics?.Sum("process_resident_memory_bytes") is { } bytes ? GoText.Size((ulong)bytes) : Unknown,
        ];

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Rate(double? value) => value?.ToString(value < 10 ? "F1" : "F0", CultureInfo.InvariantCulture) ?? Unknown;

    private static string Milliseconds(double? seconds) =>
        seconds is { } value ? (value * 1000).ToString("F1", CultureInfo.InvariantCulture) + " ms" : Unknown;
}
