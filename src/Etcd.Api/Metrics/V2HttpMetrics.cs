using System.Collections.Concurrent;
using System.Globalization;

using Etcd.Server.Observation;

namespace Etcd.Api.Metrics;

/// <summary>The <c>etcd_http_*</c> metrics: requests for keys of the v2 API. A series begins with its first request. Any thread.</summary>
/// <remarks>As etcd counts: what cannot be read, and what its caller may not do, is not counted at all. The method of a read through the log is
/// <c>QGET</c>. A watch counts where it fails.</remarks>
internal sealed class V2HttpMetrics
{
    private const int BoundedBuckets = 13;
    private static readonly TimeSpan FirstBound = TimeSpan.FromMicroseconds(500);

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

    /// <summary>Counts a request that is about to be carried out.</summary>
    /// <param name="method">Its method; one of a few, since each begins a series.</param>
    internal void Received(string method) => _received.AddOrUpdate(method, 1, static (_, count) => count + 1);

    /// <summary>Counts a request that was refused or has failed.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="status">HTTP status of the answer.</param>
    internal void Failed(string method, int status) => _failed.AddOrUpdate((method, status), 1, static (_, count) => count + 1);

    /// <summary>Counts a request that has been carried out and answered.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="took">Time from its arrival.</param>
    internal void Succeeded(string method, TimeSpan took) =>
        _succeeded.GetOrAdd(method, static _ => new DurationHistogram(FirstBound, BoundedBuckets)).Record(took);
}
