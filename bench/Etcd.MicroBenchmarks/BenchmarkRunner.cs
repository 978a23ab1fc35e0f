using System.Diagnostics;

namespace Etcd.MicroBenchmarks;

/// <summary>Runs a piece of code until it is warm, then a fixed number of times, and prints what one operation costs:
/// time by the clock, processor time of the process (the figure to compare on a busy machine), and bytes allocated.</summary>
internal sealed class BenchmarkRunner
{
    private const int Rounds = 15;
    private const int WarmupRoundsMin = 3;

    // Long enough for the runtime to have compiled hot code with what it learned about it.
    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(1);

    private readonly TextWriter _output;
    private readonly string _filter;

    internal BenchmarkRunner(TextWriter output, string filter)
    {
        _output = output;
        _filter = filter;
        output.WriteLine($"{"benchmark",-56} {"ns/op",12} {"best",12} {"CPU ns/op",12} {"best",12} {"bytes/op",10}");
    }

    /// <summary>Measures <paramref name="round"/>.</summary>
    /// <param name="name">What the line is called.</param>
    /// <param name="operations">Operations in one round.</param>
    /// <param name="round">The code.</param>
    /// <param name="prepare">Run before each round, outside the measurement.</param>
    internal void Measure(string name, int operations, Action round, Action? prepare = null)
    {
        if (!name.Contains(_filter, StringComparison.Ordinal))
        {
            return;
        }

        long begin = Stopwatch.GetTimestamp();
        for (int i = 0; i < WarmupRoundsMin || Stopwatch.GetElapsedTime(begin) < Warmup; i++)
        {
            prepare?.Invoke();
            round();
        }

        double[] wall = new double[Rounds];
        double[] processor = new double[Rounds];
        long allocated = 0;
        for (int i = 0; i < Rounds; i++)
        {
            prepare?.Invoke();
            long bytesBefore = GC.GetAllocatedBytesForCurrentThread();
            TimeSpan processorBefore = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            round();
            wall[i] = Stopwatch.GetElapsedTime(start).TotalNanoseconds / operations;
            processor[i] = (Environment.CpuUsage.TotalTime - processorBefore).TotalNanoseconds / operations;
            allocated += GC.GetAllocatedBytesForCurrentThread() - bytesBefore;
        }

        double bytes = (double)allocated / Rounds / operations;
        _output.WriteLine(
            $"{name,-56} {Median(wall),12:N1} {wall.Min(),12:N1} {Median(processor),12:N1} {processor.Min(),12:N1} {bytes,10:N1}");
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
