using Etcd.Api.Limits;
using Etcd.Server.Limits.Prefixes;

namespace Etcd.Api.Metrics;

/// <summary>The metrics of limits, which etcd does not have.</summary>
public static class LimitMetrics
{
    /// <summary>Adds the metrics of a member's limits.</summary>
    public static void AddTo(MetricsRegistry metrics, ServiceLimits limits, PrefixQuotas quotas)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(quotas);
        metrics.Add(
            "etcd_server_limit_refusals_total",
            "Calls refused, by the limit they went beyond.",
            MetricKind.Counter,
            writer =>
            {
                foreach ((string limit, long refusals) in limits.Refusals.All)
                {
                    writer.Sample(refusals, ("limit", limit));
                }
            });
        AddQuotas(metrics, quotas);
        ReplyMemory replies = limits.Replies;
        metrics.AddGauge("etcd_server_reply_memory_bytes", "Memory that large replies hold which are made or sent now.", () => replies.TakenBytes);
        metrics.AddGauge(
            "etcd_server_reply_memory_limit_bytes", "Memory that large replies may hold together; 0 for no bound.",
            () => replies.IsBounded ? replies.BytesMax : 0);
        metrics.AddGauge("etcd_server_reply_memory_waiting", "Large replies that wait for memory now.", () => replies.Waiting);
        metrics.AddCounter("etcd_server_reply_memory_waits_total", "Large replies that had to wait for memory.", () => replies.Waited);
    }

    private static void AddQuotas(MetricsRegistry metrics, PrefixQuotas quotas)
    {
        Add("etcd_server_prefix_quota_keys", "Keys under prefixes that have a quota.", usage => usage.Keys);
        Add("etcd_server_prefix_quota_keys_limit", "Most keys that there may be under the prefix; 0 for no limit.", usage => usage.Quota.KeysMax);
        Add("etcd_server_prefix_quota_bytes", "Bytes of keys and values under prefixes that have a quota.", usage => usage.Bytes);
        Add("etcd_server_prefix_quota_bytes_limit", "Most bytes that there may be under the prefix; 0 for no limit.", usage => usage.Quota.BytesMax);

        void Add(string name, string help, Func<PrefixUsage, long> figure) =>
            metrics.Add(name, help, MetricKind.Gauge, writer =>
            {
                foreach (PrefixUsage usage in quotas.Usage)
                {
                    writer.Sample(figure(usage), ("prefix", usage.Prefix[1..^1]));
                }
            });
    }
}
