using Etcd.LoadGenerator.Measure;

namespace Etcd.LoadGenerator.Comparing;

/// <summary>Medians of one server's runs of one case.</summary>
internal sealed record CaseMedians(double OperationsPerSecond, double CpuMicroseconds, TimeSpan Median, TimeSpan P99, long Failed)
{
    public static CaseMedians Of(IReadOnlyList<LoadReport> runs) => new(
        Middle(runs.Select(run => run.OperationsPerSecond)),
        Middle(runs.Select(run => run.ServerCpuMicrosecondsPerOperation ?? double.NaN)),
        TimeSpan.FromTicks((long)Middle(runs.Select(run => (double)run.Latency.Percentile(0.5).Ticks))),
        TimeSpan.FromTicks((long)Middle(runs.Select(run => (double)run.Latency.Percentile(0.99).Ticks))),
        runs.Sum(run => run.Failed));

    public static double Middle(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>One case, both servers.</summary>
internal sealed record CaseResult(string Name, int Clients, CaseMedians Subject, CaseMedians Reference);
