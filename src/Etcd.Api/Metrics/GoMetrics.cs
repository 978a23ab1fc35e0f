using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Etcd.Api.Metrics;

/// <summary>Those <c>go_*</c> metrics that have a counterpart in .NET, under Go's names: dashboards made for etcd then have no empty panels. The
/// true names are in <see cref="RuntimeMetrics"/>; docs/metrics.md says what stands for what.</summary>
public static class GoMetrics
{
    private const string TasksDirectory = "/proc/self/task";

    /// <summary>Adds the metrics.</summary>
    public static void AddTo(MetricsRegistry metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        metrics.AddText("go_info", "Information about the Go environment.", "version", () => $"none ({RuntimeInformation.FrameworkDescription})");
        metrics.AddGauge("go_sched_gomaxprocs_threads", "Processors that the process may use.", () => Environment.ProcessorCount);
        metrics.AddGauge(
            "go_goroutines",
            "Threads of the process, and work that waits for one: there are no goroutines.",
            () => Threads() + ThreadPool.PendingWorkItemCount);
        metrics.AddGauge("go_threads", "Number of OS threads.", () => Threads());
        metrics.Add(
            "go_gc_duration_seconds", "Pauses of the garbage collector, their number and their sum.", MetricKind.Summary, writer =>
        {
            writer.Part("_sum", GC.GetTotalPauseDuration().TotalSeconds);
            writer.Part("_count", GC.CollectionCount(0));
        });
        AddMemory(metrics);
    }

    private static void AddMemory(MetricsRegistry metrics)
    {
        metrics.AddGauge(
            "go_memstats_alloc_bytes", "Bytes of the managed heap in use, what is garbage included.", () => GC.GetTotalMemory(forceFullCollection: false));
        metrics.AddGauge("go_memstats_heap_alloc_bytes", "Same as go_memstats_alloc_bytes.", () => GC.GetTotalMemory(forceFullCollection: false));
        metrics.AddCounter(
            "go_memstats_alloc_bytes_total", "Bytes allocated on the managed heap, even if released already.", () => GC.GetTotalAllocatedBytes());
        metrics.AddGauge(
            "go_memstats_heap_inuse_bytes", "Size of the managed heap after the last collection.", () => GC.GetGCMemoryInfo().HeapSizeBytes);
        metrics.AddGauge(
            "go_memstats_heap_idle_bytes",
            "Memory that the managed heap holds beyond its size after the last collection.",
            () => Math.Max(0, GC.GetGCMemoryInfo().TotalCommittedBytes - GC.GetGCMemoryInfo().HeapSizeBytes));
        metrics.AddGauge(
            "go_memstats_heap_sys_bytes", "Memory that the managed heap holds.", () => GC.GetGCMemoryInfo().TotalCommittedBytes);
        metrics.AddGauge("go_memstats_sys_bytes", "Memory that the managed heap holds.", () => GC.GetGCMemoryInfo().TotalCommittedBytes);
    }

    // To count the entries is cheaper than to read what stands in each, which Process.Threads does.
    private static int Threads()
    {
        if (Directory.Exists(TasksDirectory))
        {
            return Directory.EnumerateFileSystemEntries(TasksDirectory).Count();
        }

        using Process self = Process.GetCurrentProcess();
        return self.Threads.Count;
    }
}
