using System.Collections.Concurrent;
using System.Globalization;

using Etcd.Server.Observation;

namespace Etcd.Api.Metrics;

/// <summary>The <c>etcd_http_*</c> metrics: requests for keys of the v2 API. A series begins with its first request. Any thread.</summary>
internal sealed class V2HttpMetrics
{
    private const int BoundedBuckets = 13;
    private static readonly TimeSpan FirstBound = TimeSpan.FromMicroseconds(500);

    // Other methods are refused before they are counted: the label cannot grow.
    private static readonly string[] Methods = ["GET", "HEAD", "PUT", "POST", "DELETE"];

    private readonly ConcurrentDictionary<string, long> _received = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Method, int Status), long> _failed = new();
    private readonly ConcurrentDictionary<string, DurationHistogram> _succeeded = new(StringComparer.Ordinal);

    internal V2HttpMetrics(MetricsRegistry metrics)
    {
        metrics.Add(
            "etcd_http_received_total",
            "Counter of requests received into the system (successfully parsed and authd).",
            MetricKind.Counter,
            writer =>
            {
                foreach ((string method, long count) in _received)
                {
                    writer.Sample(count, ("method", method));
                }
            });
        metrics.Add(
            "etcd_http_failed_total",
            "Counter of handle failures of requests (non-watches), by method (GET/PUT etc.) and code (400, 500 etc.).",
            MetricKind.Counter,
            writer =>
            {
                foreach (((string method, int status), long count) in _failed)
                {
                    writer.Sample(count, ("code", status.ToString(CultureInfo.InvariantCulture)), ("method", method));
                }
            });
        metrics.Add(
            "etcd_http_successful_duration_seconds",
            "Bucketed histogram of processing time (s) of successfully handled requests (non-watches), by method (GET/PUT etc.).",
            MetricKind.Histogram,
            writer =>
            {
                foreach ((string method, DurationHistogram times) in _succeeded)
                {
                    writer.Histogram(times, TimeSpan.FromSeconds(1), ("method", method));
                }
            });
    }

    /// <summary>Counts a request that has been answered.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="status">Status of the answer.</param>
    /// <param name="isWatch">Whether it waited for an event: that takes as long as it takes.</param>
    /// <param name="took">Time it took.</param>
    internal void Answered(string method, int status, bool isWatch, TimeSpan took)
    {
        const int FirstError = 400;
        if (!Methods.Contains(method, StringComparer.Ordinal))
        {
            return;
        }

        _received.AddOrUpdate(method, 1, static (_, count) => count + 1);
        if (isWatch)
        {
            return;
        }

        if (status >= FirstError)
        {
            _failed.AddOrUpdate((method, status), 1, static (_, count) => count + 1);
        }
        else
        {
            _succeeded.GetOrAdd(method, static _ => new DurationHistogram(FirstBound, BoundedBuckets)).Record(took);
        }
    }
}
