using Etcd.Api.Metrics;
using Etcd.Server.Observation;

namespace Etcd.Api.Tests.Metrics;

public sealed class HistogramTests
{
    private readonly DurationHistogram _durations = new();

    [Fact]
    public void WriteTo_Durations_CountsThemInEveryBucketThatTakesThem()
    {
        _durations.Record(TimeSpan.FromMilliseconds(0.5));
        _durations.Record(TimeSpan.FromMilliseconds(3));
        _durations.Record(TimeSpan.FromMilliseconds(3));
        _durations.Record(TimeSpan.FromSeconds(9));

        Assert.Equal(
            [
                "# HELP a x", "# TYPE a histogram",
                "a_bucket{le=\"0.001\"} 1", "a_bucket{le=\"0.002\"} 1", "a_bucket{le=\"0.004\"} 3", "a_bucket{le=\"0.008\"} 3",
                "a_bucket{le=\"0.016\"} 3", "a_bucket{le=\"0.032\"} 3", "a_bucket{le=\"0.064\"} 3", "a_bucket{le=\"0.128\"} 3",
                "a_bucket{le=\"0.256\"} 3", "a_bucket{le=\"0.512\"} 3", "a_bucket{le=\"1.024\"} 3", "a_bucket{le=\"2.048\"} 3",
                "a_bucket{le=\"4.096\"} 3", "a_bucket{le=\"8.192\"} 3", "a_bucket{le=\"+Inf\"} 4",
                "a_sum 9.0065", "a_count 4",
            ],
            Lines());
    }

    // "le" is "less than or equal": a duration on a bound belongs to the bucket below it.
    [Theory]
    [InlineData(0, "a_bucket{le=\"0.001\"} 1")]
    [InlineData(13, "a_bucket{le=\"8.192\"} 1")]
    public void Record_DurationOnABound_FallsIntoTheBucketOfThatBound(int bucket, string expected)
    {
        _durations.Record(_durations.UpperBound(bucket));

        Assert.Contains(expected, Lines());
        Assert.Equal(1, _durations.CountIn(bucket));
    }

    [Fact]
    public void Record_OneTickAboveTheLastBound_FallsIntoTheUnboundedBucket()
    {
        _durations.Record(_durations.UpperBound(_durations.BoundedBuckets - 1) + TimeSpan.FromTicks(1));

        Assert.Equal(1, _durations.CountIn(_durations.BoundedBuckets));
    }

    // The bounds of lease lifetimes, where etcd's texts change to powers of ten.
    [Theory]
    [InlineData(819200, "819200")]
    [InlineData(1048576, "1.048576e+06")]
    [InlineData(8388608, "8.388608e+06")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(52.4288, "52.4288")]
    public void FormatBound_AnyBound_HasEtcdsText(double bound, string expected) =>
        Assert.Equal(expected, MetricsTextWriter.FormatBound(bound));

    [Fact]
    public void WriteTo_HistogramInMilliseconds_CountsMilliseconds()
    {
        var pauses = new DurationHistogram(TimeSpan.FromMilliseconds(0.5), 2);
        pauses.Record(TimeSpan.FromMilliseconds(0.75));
        var metrics = new MetricsRegistry();
        metrics.AddHistogram("a", "x", TimeSpan.FromMilliseconds(1), pauses);

        Assert.Equal(
            ["a_bucket{le=\"0.5\"} 0", "a_bucket{le=\"1\"} 1", "a_bucket{le=\"+Inf\"} 1", "a_sum 0.75", "a_count 1"],
            MetricsText.Lines(metrics)[2..]);
    }

    private string[] Lines()
    {
        var metrics = new MetricsRegistry();
        metrics.AddHistogram("a", "x", _durations);
        return MetricsText.Lines(metrics);
    }
}
