using System.Diagnostics;
using Etcd.LoadGenerator.Measure;
using Etcd.LoadGenerator.Wire;

namespace Etcd.LoadGenerator.Load;

/// <summary>Sets a load up, runs it, and measures what it took from the server.</summary>
internal static class LoadRun
{
    public static LoadReport Execute(LoadOptions options)
    {
        using var loop = new PollLoop();
        ILoad load = options.Scenario switch
        {
            Scenario.Watch => new WatchLoad(options, loop),
            Scenario.LeaseKeepAlive => new KeepAliveLoad(options, loop),
            Scenario.JsonPut or Scenario.JsonGet => new JsonLoad(options),
            _ => new UnaryLoad(options, loop),
        };
        MetricsReading metricsBefore = MetricsOf(options);
        ProcessUsage? serverBefore = UsageOf(options.ServerProcessIds);
        double generatorBefore = ProcessUsage.Of(Environment.ProcessId).CpuSeconds;
        long started = Stopwatch.GetTimestamp();

        load.Run(loop);

        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        ProcessUsage? serverAfter = UsageOf(options.ServerProcessIds);
        ServerUsage? server = serverBefore is { } before && serverAfter is { } after
            ? ServerUsage.Between(before, after, MetricsOf(options) - metricsBefore)
            : null;
        (load as IDisposable)?.Dispose();
        double generator = ProcessUsage.Of(Environment.ProcessId).CpuSeconds - generatorBefore;
        return new LoadReport(options.Scenario.ToString(), options.Clients, load.Operations, load.Failed, elapsed, load.Latency, server, generator);
    }

    private static MetricsReading MetricsOf(LoadOptions options) =>
        options.ServerProcessIds.Count == 0 ? default : MetricsReading.Of(options.Server);

    private static ProcessUsage? UsageOf(IReadOnlyList<int> processIds) =>
        processIds.Count == 0 ? null : processIds.Select(ProcessUsage.Of).Aggregate((sum, next) => sum + next);
}
