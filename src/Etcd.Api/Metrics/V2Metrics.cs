using Etcd.V2;

namespace Etcd.Api.Metrics;

/// <summary>The <c>etcd_debugging_store_*</c> metrics of the tree of the v2 API.</summary>
internal static class V2Metrics
{
    private const string Succeeded = "Success";
    private const string Failed = "Fail";

    // The statistics' names without their outcome, and what the label calls them.
    private static readonly (string Statistic, string Action)[] Writes =
    [
        ("compareAndDelete", "compareAndDelete"), ("compareAndSwap", "compareAndSwap"), ("create", "create"), ("delete", "delete"),
        ("sets", "set"), ("update", "update"),
    ];

    private static readonly (string Statistic, string Action)[] Reads = [("gets", "get")];

    internal static void AddTo(MetricsRegistry metrics, V2Statistics tree)
    {
        Add(
            metrics, tree, "etcd_debugging_store_reads_total", "Total number of reads action by (get/getRecursive), local to this member.", Reads,
            Succeeded);
        Add(
            metrics, tree, "etcd_debugging_store_reads_failed_total", "Failed read actions by (get/getRecursive), local to this member.", Reads,
            Failed);
        Add(
            metrics, tree, "etcd_debugging_store_writes_total", "Total number of writes (e.g. set/compareAndDelete) seen by this member.", Writes,
            Succeeded);
        Add(
            metrics, tree, "etcd_debugging_store_writes_failed_total", "Failed write actions (e.g. set/compareAndDelete), seen by this member.",
            Writes, Failed);
        metrics.AddCounter("etcd_debugging_store_expires_total", "Total number of expired keys.", () => tree["expireCount"]);
        metrics.AddGauge("etcd_debugging_store_watchers", "Count of currently active watchers.", () => tree["watchers"]);
        metrics.AddCounter(
            "etcd_debugging_store_watch_requests_total", "Total number of incoming watch requests (new or reestablished).",
            () => tree.WatchRequests);
    }

    private static void Add(
        MetricsRegistry metrics, V2Statistics tree, string name, string help, (string Statistic, string Action)[] series, string outcome) =>
        metrics.Add(name, help, MetricKind.Counter, writer =>
        {
            foreach ((string statistic, string action) in series)
            {
                writer.Sample(tree[statistic + outcome], ("action", action));
            }
        });
}
