using System.Globalization;

namespace Etcd.Api.Metrics;

/// <summary>What the .NET runtime knows about itself: the <c>dotnet_*</c> metrics, where etcd has <c>go_*</c>. Named after the runtime's own
/// instruments (<c>System.Runtime</c>), in Prometheus's form.</summary>
public static class RuntimeMetrics
{
    /// <summary>Adds the metrics.</summary>
    public static void AddTo(MetricsRegistry metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        metrics.AddCounter(
            "dotnet_gc_heap_total_allocated_bytes_total",
            "Bytes allocated on the managed heap since the process started.",
            () => GC.GetTotalAllocatedBytes(precise: false));
        metrics.Add(
            "dotnet_gc_collections_total",
            "Garbage collections since the process started, by the oldest generation they covered.",
            MetricKind.Counter,
            WriteCollections);
        metrics.AddCounter(
            "dotnet_gc_pause_time_seconds_total",
            "Seconds for which garbage collections have stopped the process.",
            () => GC.GetTotalPauseDuration().TotalSeconds);
        metrics.AddGauge(
            "dotnet_gc_last_collection_heap_size_bytes",
            "Size of the managed heap after the last garbage collection, in bytes.",
            () => GC.GetGCMemoryInfo().HeapSizeBytes);
        metrics.AddGauge("dotnet_thread_pool_thread_count", "Threads of the thread pool.", () => ThreadPool.ThreadCount);
        metrics.AddGauge(
            "dotnet_thread_pool_queue_length", "Work that waits for a thread of the thread pool.", () => ThreadPool.PendingWorkItemCount);
    }

    // The runtime counts a collection of a generation as one of all younger ones too; the samples count each once.
    private static void WriteCollections(MetricsTextWriter writer)
    {
        for (int generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            int older = generation == GC.MaxGeneration ? 0 : GC.CollectionCount(generation + 1);
            writer.Sample(GC.CollectionCount(generation) - older, ("generation", generation.ToString(CultureInfo.InvariantCulture)));
        }
    }
}
