namespace Etcd.LoadGenerator.Measure;

/// <summary>What a server process used during a run.</summary>
internal sealed record ServerUsage(
    double CpuSeconds, long ContextSwitches, long ResidentBytes, long ResidentBytesGrown, long ResidentBytesPeak, MetricsReading Metrics)
{
    public static ServerUsage Between(ProcessUsage before, ProcessUsage after, MetricsReading metrics) => new(
        after.CpuSeconds - before.CpuSeconds,
        after.ContextSwitches - before.ContextSwitches,
        after.ResidentBytes,
        after.ResidentBytes - before.ResidentBytes,
        after.ResidentBytesPeak,
        metrics);
}
