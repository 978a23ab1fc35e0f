using System.Runtime.InteropServices;

using Etcd.Mvcc.Watch;
using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Server.Observation;

using Member = Etcd.Server.Membership.Member;

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
        AddReads(metrics, server.Readings.Instruments);
        AddApply(metrics, server.Readings);
        AddAlarms(metrics, server.Readings);
        DiskMetrics.AddTo(metrics, server.Readings);
        KeySpaceMetrics.AddTo(metrics, server.Readings);
        V2Metrics.AddTo(metrics, server.Readings.Tree);
        AddWatches(metrics, server.Watches, server.Readings.Instruments);
        AddLeases(metrics, server.Readings);
        AddStreamFailures(metrics, server.Readings.Instruments);
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
            "etcd_server_go_version",
            "Which Go version server is running with. 1 for 'server_go_version' label with current version.",
            "server_go_version",
            () => $"none ({RuntimeInformation.FrameworkDescription})");
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

    private static void AddReads(MetricsRegistry metrics, ServerInstruments counted)
    {
        metrics.AddCounter(
            "etcd_server_slow_read_indexes_total",
            "The total number of pending read indexes not in sync with leader's or timed out read index requests.",
            () => counted.SlowReadIndexes);
        metrics.AddCounter(
            "etcd_server_read_indexes_failed_total", "The total number of failed read indexes seen.", () => counted.FailedReadIndexes);
        metrics.AddHistogram(
            "etcd_server_range_duration_seconds", "The latency distributions of txn.Range", counted.Ranges);
        metrics.AddCounter(
            "etcd_server_health_success", "The total number of successful health checks", () => counted.HealthSuccesses);
        metrics.AddCounter("etcd_server_health_failures", "The total number of failed health checks", () => counted.HealthFailures);
        metrics.Add("etcd_server_healthcheck", "The result of each kind of healthcheck.", MetricKind.Gauge, writer =>
        {
            foreach ((string probe, string check, bool isWell, _, _) in counted.Probes.All)
            {
                writer.Sample(isWell ? 1 : 0, ("name", check), ("type", probe));
            }
        });
        metrics.Add("etcd_server_healthchecks_total", "The total number of each kind of healthcheck.", MetricKind.Counter, writer =>
        {
            foreach ((string probe, string check, _, long successes, long failures) in counted.Probes.All)
            {
                writer.Sample(failures, ("name", check), ("status", "error"), ("type", probe));
                writer.Sample(successes, ("name", check), ("status", "success"), ("type", probe));
            }
        });
    }

    private static void AddApply(MetricsRegistry metrics, MemberReadings readings)
    {
        ServerInstruments counted = readings.Instruments;
        metrics.Add(
            "etcd_server_apply_duration_seconds",
            "The latency distributions of v2 apply called by backend.",
            MetricKind.Histogram,
            writer =>
            {
                foreach ((string version, string operation, bool success, DurationHistogram times) in counted.Applies.All)
                {
                    writer.Histogram(
                        times, TimeSpan.FromSeconds(1), ("op", operation), ("success", success ? "true" : "false"), ("version", version));
                }
            });
        metrics.AddGauge(
            "etcd_server_snapshot_apply_in_progress_total",
            "1 if the server is applying the incoming snapshot. 0 if none.",
            () => counted.IsInstallingSnapshot ? 1 : 0);
        metrics.AddCounter(
            "etcd_server_heartbeat_send_failures_total",
            "The total number of leader heartbeat send failures (likely overloaded from slow disk).",
            () => counted.LateHeartbeats);
        metrics.AddCounter(
            "etcd_server_learner_promote_successes",
            "The total number of successful learner promotions while this member is leader.",
            () => counted.LearnersPromoted);
        metrics.Add(
            "etcd_server_learner_promote_failures",
            "The total number of failed learner promotions (likely learner not ready) while this member is leader.",
            MetricKind.Counter,
            writer =>
            {
                if (counted.PromotionsRefused is > 0 and long refused)
                {
                    writer.Sample(refused, ("Reason", "learner not ready"));
                }
            });
    }

    private static void AddAlarms(MetricsRegistry metrics, MemberReadings readings) =>
        metrics.Add(
            "etcd_debugging_server_alarms", "Alarms for every member in cluster. 1 for 'server_id' label with current ID.", MetricKind.Gauge,
            writer =>
            {
                foreach (AlarmMember alarm in readings.Alarms)
                {
                    writer.Sample(
                        1, ("alarm_type", alarm.Alarm.ToString().ToUpperInvariant()), ("server_id", Member.FormatId(alarm.MemberID)));
                }
            });

    private static void AddWatches(MetricsRegistry metrics, WatchHub watches, ServerInstruments counted)
    {
        metrics.AddGauge("etcd_debugging_mvcc_watch_stream_total", "Total number of watch streams.", () => watches.StreamCount);
        metrics.AddGauge("etcd_debugging_mvcc_watcher_total", "Total number of watchers.", () => watches.WatcherCount);
        metrics.AddGauge("etcd_debugging_mvcc_slow_watcher_total", "Total number of unsynced slow watchers.", () => watches.SlowWatcherCount);
        metrics.AddCounter("etcd_debugging_mvcc_events_total", "Total number of events sent by this member.", () => counted.WatchEventsSent);
        metrics.AddGauge(
            "etcd_debugging_mvcc_pending_events_total", "Total number of pending events to be sent.", () => watches.PendingEvents);
    }

    private static void AddStreamFailures(MetricsRegistry metrics, ServerInstruments counted) => metrics.Add(
        "etcd_network_server_stream_failures_total", "The total number of stream failures from the local server.", MetricKind.Counter, writer =>
        {
            foreach ((string api, StreamFailures streams) in new[] { ("lease-keepalive", counted.KeepAliveStreams), ("watch", counted.WatchStreams) })
            {
                writer.Sample(streams.Received, ("API", api), ("Type", "receive"));
                writer.Sample(streams.Sent, ("API", api), ("Type", "send"));
            }
        });

    private static void AddLeases(MetricsRegistry metrics, MemberReadings readings)
    {
        metrics.AddCounter("etcd_debugging_lease_granted_total", "The total number of granted leases.", () => readings.LeasesGranted);
        metrics.AddCounter("etcd_debugging_lease_revoked_total", "The total number of revoked leases.", () => readings.LeasesRevoked);
        metrics.AddCounter(
            "etcd_debugging_lease_renewed_total", "The number of renewed leases seen by the leader.", () => readings.LeasesRenewed);
        metrics.AddHistogram(
            "etcd_debugging_lease_ttl_total", "Bucketed histogram of lease TTLs.", readings.Instruments.LeaseTtls);
        metrics.AddCounter(
            "etcd_debugging_server_lease_expired_total",
            "The total number of expired leases.",
            () => readings.Instruments.LeasesExpired);
    }
}
