namespace Etcd.Api.Metrics;

/// <summary>Counts how the metrics themselves are fetched: the <c>promhttp_*</c> metrics. Any thread.</summary>
public sealed class ScrapeMetrics
{
    private long _served;
    private long _failed;
    private int _inFlight;

    /// <summary>Adds the metrics, and has the registry count.</summary>
    public static void AddTo(MetricsRegistry metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        var scrapes = new ScrapeMetrics();
        metrics.Scrapes = scrapes;
        metrics.AddGauge(
            "promhttp_metric_handler_requests_in_flight",
            "Current number of scrapes being served.",
            () => Volatile.Read(ref scrapes._inFlight));
        metrics.Add(
            "promhttp_metric_handler_requests_total", "Total number of scrapes by HTTP status code.", MetricKind.Counter, writer =>
        {
            writer.Sample(Interlocked.Read(ref scrapes._served), ("code", "200"));
            writer.Sample(Interlocked.Read(ref scrapes._failed), ("code", "500"));

            // No scrape is turned away for want of time or room; alerts for etcd ask for the series.
            writer.Sample(0, ("code", "503"));
        });
    }

    internal void Begin() => Interlocked.Increment(ref _inFlight);

    internal void End(bool succeeded)
    {
        Interlocked.Decrement(ref _inFlight);
        Interlocked.Increment(ref succeeded ? ref _served : ref _failed);
    }
}
