using System.Globalization;

using Etcd.Api.Metrics;

namespace Etcd.Api.Tests.Metrics;

public sealed class RuntimeMetricsTests
{
    [Fact]
    public void AddTo_AfterAllocationAndCollection_CountsBoth()
    {
        var metrics = new MetricsRegistry();
        RuntimeMetrics.AddTo(metrics);
        Dictionary<string, double> before = Read(metrics);

        byte[] allocated = new byte[1 << 24];
        GC.Collect();
        Dictionary<string, double> after = Read(metrics);
        GC.KeepAlive(allocated);

        const string Allocated = "dotnet_gc_heap_total_allocated_bytes_total";
        const string Full = "dotnet_gc_collections_total{generation=\"2\"}";

        // The runtime counts what threads have reserved, which a collection takes back: the counter is right to within some kilobytes.
        Assert.InRange(after[Allocated] - before[Allocated], allocated.Length * 0.9, double.MaxValue);
        Assert.True(after[Full] > before[Full]);
        Assert.True(after["dotnet_gc_pause_time_seconds_total"] > before["dotnet_gc_pause_time_seconds_total"]);
        Assert.True(after["dotnet_gc_last_collection_heap_size_bytes"] >= allocated.Length);
        Assert.True(after["dotnet_thread_pool_thread_count"] >= 0);
    }

    private static Dictionary<string, double> Read(MetricsRegistry metrics) =>
        MetricsText.Lines(metrics)
            .Where(line => line[0] != '#')
            .Select(line => line.Split(' '))
            .ToDictionary(parts => parts[0], parts => double.Parse(parts[1], CultureInfo.InvariantCulture));
}
