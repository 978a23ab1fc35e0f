namespace Etcd.MicroBenchmarks;

/// <summary>The benchmarks of one library.</summary>
internal interface IBenchmarkArea
{
    /// <summary>What the command line calls it.</summary>
    string Name { get; }

    /// <summary>Hands each benchmark to <paramref name="runner"/>.</summary>
    void Run(BenchmarkRunner runner);
}
