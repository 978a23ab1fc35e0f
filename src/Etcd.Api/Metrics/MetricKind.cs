namespace Etcd.Api.Metrics;

/// <summary>How a reader may treat the values of a metric.</summary>
public enum MetricKind
{
    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>Only goes up while the process lives.</summary>
    Counter,

    /// <summary>Counts of observations in buckets, their number and their sum.</summary>
    Histogram,

    /// <summary>The number of observations and their sum.</summary>
    Summary,
}
