namespace Etcd.LoadGenerator.Measure;

/// <summary>What a server process used during a run.</summary>
internal sealed record ServerUsage(double CpuSeconds, long ResidentBytes, long ResidentBytesGrown, long ResidentBytesPeak)
{
    public static ServerUsage Between(ProcessUsage before, ProcessUsage after) => new(
        after.CpuSeconds - before.CpuSeconds,
        after.ResidentBytes,
        after.ResidentBytes - before.ResidentBytes,
        after.ResidentBytesPeak);
}
