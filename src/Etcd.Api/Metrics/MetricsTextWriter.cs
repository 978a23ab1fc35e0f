using System.Buffers;
using System.Globalization;
using System.Text;

using Etcd.Server.Observation;

namespace Etcd.Api.Metrics;

/// <summary>Writes metrics in Prometheus's text format, version 0.0.4.</summary>
/// <remarks>
/// <code>
/// # HELP name what it tells
/// # TYPE name counter
/// name{label="value"} 1
/// </code>
/// The two comment lines come once a metric, before its first sample. In help texts backslash and line feed are escaped, in
/// label values the double quote too.
/// </remarks>
internal sealed class MetricsTextWriter(IBufferWriter<byte> destination)
{
    /// <summary>Media type of the format.</summary>
    internal const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    // A multiple of a double's longest text.
    private const int NumberCharsMax = 64;

    private MetricFamily _family = null!;
    private bool _hasHead;

    /// <summary>Writes one metric.</summary>
    internal void Write(MetricFamily family)
    {
        _family = family;
        _hasHead = false;
        family.WriteSamples(this);
    }

    /// <summary>Writes one sample of the metric.</summary>
    internal void Sample(double value, params ReadOnlySpan<(string Name, string Value)> labels) => Line(string.Empty, value, labels);

    /// <summary>Writes one sample of a part of the metric.</summary>
    /// <param name="suffix">What follows the name of the metric, as <c>_bucket</c>.</param>
    /// <param name="value">The value.</param>
    /// <param name="labels">Its labels.</param>
    internal void Part(string suffix, double value, params ReadOnlySpan<(string Name, string Value)> labels) => Line(suffix, value, labels);

    /// <summary>Writes the samples of a histogram: for each bound how many durations were at most that long, then sum and number.</summary>
    internal void Histogram(DurationHistogram durations)
    {
        long atMost = 0;
        for (int bucket = 0; bucket < DurationHistogram.BoundedBuckets; bucket++)
        {
            atMost += durations.CountIn(bucket);
            Line("_bucket", atMost, ("le", Format(DurationHistogram.UpperBound(bucket).TotalSeconds)));
        }

        // The number is the sum over the buckets read here, so that it agrees with them while durations are being recorded.
        long count = atMost + durations.CountIn(DurationHistogram.BoundedBuckets);
        Line("_bucket", count, ("le", Format(double.PositiveInfinity)));
        Line("_sum", durations.Sum.TotalSeconds);
        Line("_count", count);
    }

    /// <summary>A number as the format wants it.</summary>
    internal static string Format(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : double.IsNaN(value) ? "NaN"
        : value.ToString("R", CultureInfo.InvariantCulture);

    private void Line(string suffix, double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        WriteHeadOnce();
        Text(_family.Name);
        Text(suffix);
        char before = '{';
        foreach ((string name, string text) in labels)
        {
            Text([before]);
            Text(name);
            Text("=\"");
            Text(Escape(text).Replace("\"", "\\\"", StringComparison.Ordinal));
            Text("\"");
            before = ',';
        }

        Text(labels.IsEmpty ? " " : "} ");
        Number(value);
        Text("\n");
    }

    private void WriteHeadOnce()
    {
        if (_hasHead)
        {
            return;
        }

        _hasHead = true;
        string kind = _family.Kind switch
        {
            MetricKind.Counter => "counter",
            MetricKind.Histogram => "histogram",
            _ => "gauge",
        };
        Text($"# HELP {_family.Name} {Escape(_family.Help)}\n# TYPE {_family.Name} {kind}\n");
    }

    private static string Escape(string text) =>
        text.AsSpan().IndexOfAny('\\', '\n') < 0
            ? text
            : text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private void Number(double value)
    {
        if (!double.IsFinite(value))
        {
            Text(Format(value));
            return;
        }

        Span<byte> room = destination.GetSpan(NumberCharsMax);
        value.TryFormat(room, out int written, "R", CultureInfo.InvariantCulture);
        destination.Advance(written);
    }

    private void Text(ReadOnlySpan<char> text) => Encoding.UTF8.GetBytes(text, destination);
}
