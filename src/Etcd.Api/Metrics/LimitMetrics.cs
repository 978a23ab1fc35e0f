using Etcd.Api.Limits;

namespace Etcd.Api.Metrics;

/// <summary>The metrics of limits, which etcd does not have.</summary>
public static class LimitMetrics
{
    /// <summary>Adds the metrics of a member's limits.</summary>
    public static void AddTo(MetricsRegistry metrics, ServiceLimits limits)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        ArgumentNullException.ThrowIfNull(limits);
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
        ReplyMemory replies = limits.Replies;
        metrics.AddGauge("etcd_server_reply_memory_bytes", "Memory that large replies hold which are made or sent now.", () => replies.TakenBytes);
        metrics.AddGauge(
            "etcd_server_reply_memory_limit_bytes", "Memory that large replies may hold together; 0 for no bound.",
            () => replies.IsBounded ? replies.BytesMax : 0);
        metrics.AddGauge("etcd_server_reply_memory_waiting", "Large replies that wait for memory now.", () => replies.Waiting);
        metrics.AddCounter("etcd_server_reply_memory_waits_total", "Large replies that had to wait for memory.", () => replies.Waited);
    }
}
