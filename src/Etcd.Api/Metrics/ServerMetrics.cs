using Etcd.Mvcc.Watch;
using Etcd.Server;
using Etcd.Server.Membership;
using Etcd.Server.Observation;

namespace Etcd.Api.Metrics;

/// <summary>The <c>etcd_*</c> metrics of a member, with etcd's names, texts and kinds: dashboards and alerts written for etcd find them.</summary>
public static class ServerMetrics
{
    /// <summary>Adds the metrics of a member.</summary>
    public static void AddTo(MetricsRegistry metrics, EtcdServer server)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        ArgumentNullException.ThrowIfNull(server);
        AddIdentity(metrics, server);
        AddConsensus(metrics, server.Readings, server.Headers.MemberId);
        AddStorage(metrics, server.Readings);
        AddKeySpace(metrics, server.Readings);
        AddWatches(metrics, server.Watches, server.Readings.Instruments);
        AddLeases(metrics, server.Readings);
    }

    /// <summary>The part of a version that members agree on: <c>3.5</c> of <c>3.5.0</c>.</summary>
    /// <returns><see langword="null"/> while none is agreed on.</returns>
    internal static string? MajorMinor(string version)
    {
        int patch = version.LastIndexOf('.');
        return patch <= 0 ? null : version[..patch];
    }

    private static void AddIdentity(MetricsRegistry metrics, EtcdServer server)
    {
        metrics.AddText(
            "etcd_server_id",
            "Server or member ID in hexadecimal format. 1 for 'server_id' label with current ID.",
            "server_id",
            () => Member.FormatId(server.Headers.MemberId));
        metrics.AddText(
            "etcd_server_version",
            "Which version is running. 1 for 'server_version' label with current version.",
            "server_version",
            () => EtcdVersion.Compatibility);
        metrics.AddText(
            "etcd_cluster_version",
            "Which version is running. 1 for 'cluster_version' label with current cluster version",
            "cluster_version",
            () => MajorMinor(server.Readings.ClusterVersion));
    }

    private static void AddConsensus(MetricsRegistry metrics, MemberReadings readings, ulong memberId)
    {
        ServerInstruments counted = readings.Instruments;
        metrics.AddGauge(
            "etcd_server_has_leader",
            "Whether or not a leader exists. 1 is existence, 0 is not.",
            () => readings.Leadership.Leader != 0 ? 1 : 0);
        metrics.AddGauge(
            "etcd_server_is_leader",
            "Whether or not this member is a leader. 1 if is, 0 otherwise.",
            () => readings.Leadership.IsLeader ? 1 : 0);
        metrics.AddGauge(
            "etcd_server_is_learner",
            "Whether or not this member is a learner. 1 if is, 0 otherwise.",
            () => readings.IsLearner(memberId) ? 1 : 0);
        metrics.AddCounter("etcd_server_leader_changes_seen_total", "The number of leader changes seen.", () => counted.LeaderChanges);
        metrics.AddGauge(
            "etcd_server_proposals_committed_total", "The total number of consensus proposals committed.", () => readings.CommittedIndex);
        metrics.AddGauge("etcd_server_proposals_applied_total", "The total number of consensus proposals applied.", () => readings.AppliedIndex);
        metrics.AddGauge("etcd_server_proposals_pending", "The current number of pending proposals to commit.", () => readings.ProposalsPending);
        metrics.AddCounter("etcd_server_proposals_failed_total", "The total number of failed proposals seen.", () => counted.ProposalsFailed);
        metrics.AddCounter(
            "etcd_server_slow_apply_total",
            "The total number of slow apply requests (likely overloaded from slow disk).",
            () => counted.SlowApplies);
    }

    private static void AddStorage(MetricsRegistry metrics, MemberReadings readings)
    {
        metrics.AddHistogram(
            "etcd_disk_wal_fsync_duration_seconds", "The latency distributions of fsync called by WAL.", readings.Instruments.WalSyncs);
        metrics.AddHistogram(
            "etcd_disk_backend_commit_duration_seconds",
            "The latency distributions of commit called by backend.",
            readings.Instruments.BackendCommits);
        metrics.AddGauge("etcd_server_quota_backend_bytes", "Current backend storage quota size in bytes.", () => readings.QuotaBytes);
        metrics.AddGauge(
            "etcd_mvcc_db_total_size_in_bytes",
            "Total size of the underlying database physically allocated in bytes.",
            () => readings.BackendBytes);
        metrics.AddGauge(
            "etcd_mvcc_db_total_size_in_use_in_bytes",
            "Total size of the underlying database logically in use in bytes.",
            () => readings.BackendInUseBytes);
    }

    private static void AddKeySpace(MetricsRegistry metrics, MemberReadings readings)
    {
        metrics.AddGauge("etcd_debugging_mvcc_keys_total", "Total number of keys.", () => readings.KeyCount);
        metrics.AddGauge("etcd_debugging_mvcc_current_revision", "The current revision of store.", () => readings.CurrentRevision);
        metrics.AddGauge(
            "etcd_debugging_mvcc_compact_revision", "The revision of the last compaction in store.", () => readings.CompactRevision);
    }

    private static void AddWatches(MetricsRegistry metrics, WatchHub watches, ServerInstruments counted)
    {
        metrics.AddGauge("etcd_debugging_mvcc_watch_stream_total", "Total number of watch streams.", () => watches.StreamCount);
        metrics.AddGauge("etcd_debugging_mvcc_watcher_total", "Total number of watchers.", () => watches.WatcherCount);
        metrics.AddGauge("etcd_debugging_mvcc_slow_watcher_total", "Total number of unsynced slow watchers.", () => watches.SlowWatcherCount);
        metrics.AddCounter("etcd_debugging_mvcc_events_total", "Total number of events sent by this member.", () => counted.WatchEventsSent);
        metrics.AddGauge(
            "etcd_debugging_mvcc_pending_events_total", "Total number of pending events to be sent.", () => watches.PendingEvents);
    }

    private static void AddLeases(MetricsRegistry metrics, MemberReadings readings)
    {
        metrics.AddCounter("etcd_debugging_lease_granted_total", "The total number of granted leases.", () => readings.LeasesGranted);
        metrics.AddCounter("etcd_debugging_lease_revoked_total", "The total number of revoked leases.", () => readings.LeasesRevoked);
        metrics.AddCounter(
            "etcd_debugging_lease_renewed_total", "The number of renewed leases seen by the leader.", () => readings.LeasesRenewed);
        metrics.AddCounter(
            "etcd_debugging_server_lease_expired_total",
            "The total number of expired leases.",
            () => readings.Instruments.LeasesExpired);
    }
}
