using System.Buffers;
using System.Collections.Concurrent;
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

    // Brackets, quotes and the like around one label, or around the number.
    private const int PunctuationMax = 8;

    private static readonly SearchValues<char> Escaped = SearchValues.Create("\\\n\"");

    // Few: those of the histograms there are.
    private static readonly ConcurrentDictionary<double, string> Bounds = new();

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
    /// <param name="durations">The durations.</param>
    /// <param name="unit">What the numbers count: seconds, or milliseconds.</param>
    /// <param name="labels">Labels before that of the bound.</param>
    internal void Histogram(DurationHistogram durations, TimeSpan unit, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        (string, string)[] withBound = [.. labels, default];
        long atMost = 0;
        for (int bucket = 0; bucket < durations.BoundedBuckets; bucket++)
        {
            atMost += durations.CountIn(bucket);
            withBound[^1] = ("le", Bounds.GetOrAdd(durations.UpperBound(bucket) / unit, FormatBound));
            Line("_bucket", atMost, withBound);
        }

        // The number is the sum over the buckets read here, so that it agrees with them while durations are being recorded.
        long count = atMost + durations.CountIn(durations.BoundedBuckets);
        withBound[^1] = ("le", Format(double.PositiveInfinity));
        Line("_bucket", count, withBound);
        Line("_sum", durations.SumSeconds / unit.TotalSeconds, labels);
        Line("_count", count, labels);
    }

    /// <summary>A bound as etcd writes it. It is a label, so in a cluster of both kinds of servers its text must be the same: from a million on
    /// in powers of ten.</summary>
    internal static string FormatBound(double bound)
    {
        const double PlainMax = 1e6;
        if (bound < PlainMax)
        {
            return Format(bound);
        }

        string[] parts = bound.ToString("E15", CultureInfo.InvariantCulture).Split('E');
        return $"{parts[0].TrimEnd('0').TrimEnd('.')}e{parts[1][0]}{int.Parse(parts[1][1..], CultureInfo.InvariantCulture):00}";
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
        int chars = _family.Name.Length + suffix.Length;
        foreach ((string name, string text) in labels)
        {
            // Each character of a label may be escaped.
            chars += name.Length + (2 * text.Length);
        }

        // One look for room a line: a page has thousands of them.
        Span<byte> room = destination.GetSpan(Encoding.UTF8.GetMaxByteCount(chars) + ((labels.Length + 1) * PunctuationMax) + NumberCharsMax);
        int at = Put(room, 0, _family.Name);
        at = Put(room, at, suffix);
        char before = '{';
        foreach ((string name, string text) in labels)
        {
            room[at++] = (byte)before;
            at = Put(room, at, name);
            at = Put(room, at, "=\"");
            at = Put(room, at, text.AsSpan().ContainsAny(Escaped) ? Escape(text).Replace("\"", "\\\"", StringComparison.Ordinal) : text);
            room[at++] = (byte)'"';
            before = ',';
        }

        at = Put(room, at, labels.IsEmpty ? " " : "} ");
        if (double.IsFinite(value))
        {
            value.TryFormat(room[at..], out int written, "R", CultureInfo.InvariantCulture);
            at += written;
        }
        else
        {
            at = Put(room, at, Format(value));
        }

        room[at++] = (byte)'\n';
        destination.Advance(at);
    }

    private static int Put(Span<byte> room, int at, string text) => at + Encoding.UTF8.GetBytes(text, room[at..]);

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
            MetricKind.Summary => "summary",
            _ => "gauge",
        };
        Text($"# HELP {_family.Name} {Escape(_family.Help)}\n# TYPE {_family.Name} {kind}\n");
    }

    private static string Escape(string text) =>
        text.AsSpan().IndexOfAny('\\', '\n') < 0
            ? text
            : text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private void Text(ReadOnlySpan<char> text) => Encoding.UTF8.GetBytes(text, destination);
}
