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
        _durations.Record(DurationHistogram.UpperBound(bucket));

        Assert.Contains(expected, Lines());
        Assert.Equal(1, _durations.CountIn(bucket));
    }

    [Fact]
    public void Record_OneTickAboveTheLastBound_FallsIntoTheUnboundedBucket()
    {
        _durations.Record(DurationHistogram.UpperBound(DurationHistogram.BoundedBuckets - 1) + TimeSpan.FromTicks(1));

        Assert.Equal(1, _durations.CountIn(DurationHistogram.BoundedBuckets));
    }

    private string[] Lines()
    {
        var metrics = new MetricsRegistry();
        metrics.AddHistogram("a", "x", _durations);
        return MetricsText.Lines(metrics);
    }
}
