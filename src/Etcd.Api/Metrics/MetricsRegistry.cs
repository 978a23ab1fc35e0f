using System.Buffers;

using Etcd.Server.Observation;

namespace Etcd.Api.Metrics;

/// <summary>The metrics a member shows. Filled before it serves, read by any thread from then on.</summary>
/// <remarks>Values are asked for when somebody reads; nothing is kept here and nothing runs in between.</remarks>
public sealed class MetricsRegistry
{
    private readonly SortedDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);

    /// <summary>Counts how often this is read; <see langword="null"/>: nobody does.</summary>
    internal ScrapeMetrics? Scrapes { get; set; }

    /// <summary>Adds a value that goes up and down.</summary>
    /// <param name="name">Name of the metric.</param>
    /// <param name="help">What it tells, in one line.</param>
    /// <param name="read">Reads it; any thread.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public void AddGauge(string name, string help, Func<double> read) =>
        Add(name, help, MetricKind.Gauge, writer => writer.Sample(read()));

    /// <summary>Adds a value that only goes up while the process lives.</summary>
    /// <param name="name">Name of the metric.</param>
    /// <param name="help">What it tells, in one line.</param>
    /// <param name="read">Reads it; any thread.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public void AddCounter(string name, string help, Func<double> read) =>
        Add(name, help, MetricKind.Counter, writer => writer.Sample(read()));

    /// <summary>Adds a text: a label beside the value 1.</summary>
    /// <param name="name">Name of the metric.</param>
    /// <param name="help">What it tells, in one line.</param>
    /// <param name="label">Name of the label.</param>
    /// <param name="read">Reads the text; <see langword="null"/> while there is none.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public void AddText(string name, string help, string label, Func<string?> read) =>
        Add(name, help, MetricKind.Gauge, writer =>
        {
            if (read() is { } text)
            {
                writer.Sample(1, (label, text));
            }
        });

    /// <summary>Adds durations in buckets, in seconds.</summary>
    /// <param name="name">Name of the metric.</param>
    /// <param name="help">What it tells, in one line.</param>
    /// <param name="durations">The durations.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public void AddHistogram(string name, string help, DurationHistogram durations) =>
        AddHistogram(name, help, TimeSpan.FromSeconds(1), durations);

    /// <summary>Adds durations in buckets.</summary>
    /// <param name="name">Name of the metric.</param>
    /// <param name="help">What it tells, in one line.</param>
    /// <param name="unit">What its numbers count: seconds, or milliseconds.</param>
    /// <param name="durations">The durations.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public void AddHistogram(string name, string help, TimeSpan unit, DurationHistogram durations) =>
        Add(name, help, MetricKind.Histogram, writer => writer.Histogram(durations, unit));

    /// <summary>Names and kinds of all metrics, in the order of their names.</summary>
    public IEnumerable<KeyValuePair<string, MetricKind>> Metrics =>
        _families.Values.Select(family => KeyValuePair.Create(family.Name, family.Kind));

    /// <summary>Adds a metric with samples of its own making.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    internal void Add(string name, string help, MetricKind kind, Action<MetricsTextWriter> writeSamples) =>
        _families.Add(name, new MetricFamily(name, help, kind, writeSamples));

    /// <summary>Writes all metrics as they are now, in the order of their names.</summary>
    public void WriteTo(IBufferWriter<byte> destination)
    {
        var writer = new MetricsTextWriter(destination);
        foreach (MetricFamily family in _families.Values)
        {
            writer.Write(family);
        }
    }
}
