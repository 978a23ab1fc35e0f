using System.Diagnostics;
using System.Net;
using Etcd.LoadGenerator.Load;
using Etcd.LoadGenerator.Measure;

namespace Etcd.LoadGenerator.Comparing;

/// <summary>What a full store costs: memory after filling it and after a restart, and the time until the restarted server serves.</summary>
internal static class MemoryComparison
{
    private const int ValueBytes = 100;

    public static async Task<(MemoryResult Subject, MemoryResult Reference)> RunAsync(ComparisonOptions options) =>
        (await MeasureAsync(options, options.Subject), await MeasureAsync(options, options.Reference));

    private static async Task<MemoryResult> MeasureAsync(ComparisonOptions options, Etcd.Testing.Processes.ServerKind kind)
    {
        await using Contestant contestant = await Contestant.StartAsync(kind, options.DataRoot);
        LoadReport fill = contestant.Run(new LoadOptions
        {
            Server = new IPEndPoint(IPAddress.Loopback, 0),
            Scenario = Scenario.Put,
            Clients = 400,
            Connections = 8,
            Total = options.MemoryKeys,
            Keys = options.MemoryKeys,
            IsSequential = true,
            ValueBytes = ValueBytes,
        });
        long residentAfterFill = contestant.Usage.ResidentBytes;
        await contestant.StopServerAsync();

        long started = Stopwatch.GetTimestamp();
        await contestant.StartServerAsync();
        TimeSpan readyAfter = Stopwatch.GetElapsedTime(started);
        long residentAfterRestart = contestant.Usage.ResidentBytes;

        LoadReport reads = contestant.Run(new LoadOptions
        {
            Server = new IPEndPoint(IPAddress.Loopback, 0),
            Scenario = Scenario.Get,
            Clients = 100,
            Total = 20_000,
            Keys = options.MemoryKeys,
        });
        return new MemoryResult(fill.Elapsed, residentAfterFill, contestant.Usage.ResidentBytesPeak, residentAfterRestart, reads.Server!.ResidentBytes, readyAfter);
    }
}
