namespace Etcd.Api.Metrics;

/// <summary>A metric: one name, and the samples under it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Help">What it tells, in one line.</param>
/// <param name="Kind">How its values behave.</param>
/// <param name="WriteSamples">Writes its samples as they are now; none, and the metric is left out.</param>
internal sealed record MetricFamily(string Name, string Help, MetricKind Kind, Action<MetricsTextWriter> WriteSamples);
