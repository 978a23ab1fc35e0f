namespace Etcd.LoadGenerator.Comparing;

/// <summary>How one server gave the space of deleted data back.</summary>
/// <param name="Name">The server, and how it was done.</param>
/// <param name="Before">Puts before the data was deleted.</param>
/// <param name="During">Puts from the compaction's end until the file had its last length.</param>
/// <param name="Took">How long that was.</param>
/// <param name="Sizes">Length of the file over time, from the compaction's end.</param>
internal sealed record SpaceResult(
    string Name, PutTimes Before, PutTimes During, TimeSpan Took, IReadOnlyList<(TimeSpan At, long FileBytes)> Sizes);

/// <summary>Latencies of puts at a fixed rate.</summary>
/// <param name="Median">Half were as fast.</param>
/// <param name="P99">99 of 100 were as fast.</param>
/// <param name="Longest">The slowest.</param>
internal readonly record struct PutTimes(TimeSpan Median, TimeSpan P99, TimeSpan Longest)
{
    public static PutTimes Of(Measure.LatencyHistogram latencies) =>
        new(latencies.Percentile(0.5), latencies.Percentile(0.99), latencies.Percentile(1));
}
