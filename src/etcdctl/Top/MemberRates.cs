using Etcdctl.Metrics;

namespace Etcdctl.Top;

/// <summary>What a member did between two samples, each second; <see langword="null"/> where its metrics are not to be had.</summary>
/// <param name="Puts">Keys set.</param>
/// <param name="Ranges">Ranges read.</param>
/// <param name="Deletes">Ranges deleted.</param>
/// <param name="Transactions">Transactions.</param>
/// <param name="Requests">Calls that ended.</param>
/// <param name="SyncSeconds">Time that 99 of 100 log syncs stayed below.</param>
internal sealed record MemberRates(double? Puts, double? Ranges, double? Deletes, double? Transactions, double? Requests, double? SyncSeconds)
{
    private const double SyncPart = 0.99;

    public static MemberRates Between(MetricsText? before, MetricsText? now, TimeSpan elapsed)
    {
        return before is null || now is null
            ? new MemberRates(null, null, null, null, null, null)
            : new MemberRates(
                Rate("etcd_mvcc_put_total"),
                Rate("etcd_mvcc_range_total"),
                Rate("etcd_mvcc_delete_total"),
                Rate("etcd_mvcc_txn_total"),
                Rate("grpc_server_handled_total"),
                Quantile.Of(
                    SyncPart,
                    now.Buckets("etcd_disk_wal_fsync_duration_seconds"),
                    before.Buckets("etcd_disk_wal_fsync_duration_seconds")));

        // A member that was started anew counts from zero.
        double? Rate(string name) =>
            now.Sum(name) is { } later && before.Sum(name) is { } earlier ? Math.Max(0, later - earlier) / elapsed.TotalSeconds : null;
    }
}
