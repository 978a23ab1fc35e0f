using Etcdctl.Metrics;

namespace Etcd.Client.Tests.Etcdctl.Reports;

public class MetricsTests
{
    private const string Page = """
        # HELP calls_total Calls.
        # TYPE calls_total counter
        calls_total{code="OK"} 3
        calls_total{code="Unknown"} 4
        calls_total_other 100
        memory 1.5e+06
        took_bucket{le="0.1"} 10
        took_bucket{le="0.2"} 30
        took_bucket{le="+Inf"} 40
        took_sum 7
        took_count 40

        """;

    private static readonly DateTimeOffset Now = new(2030, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Sum_OfAMetric_AddsUpItsLabels()
    {
        MetricsText metrics = Text(Page);

        Assert.Equal([7, 1.5e6, null], [metrics.Sum("calls_total"), metrics.Sum("memory"), metrics.Sum("absent")]);
    }

    [Theory]
    [InlineData(0.25, 0.1)]
    [InlineData(0.5, 0.15)]
    [InlineData(0.99, 0.2)]
    public void Quantile_OfBuckets_IsInterpolated(double part, double expected)
    {
        Assert.Equal(expected, Quantile.Of(part, Text(Page).Buckets("took"), before: null)!.Value, precision: 9);
    }

    [Fact]
    public void Quantile_BetweenEqualPages_IsNone()
    {
        SortedDictionary<double, double> buckets = Text(Page).Buckets("took");

        Assert.Null(Quantile.Of(0.5, buckets, buckets));
        Assert.Null(Quantile.Of(0.5, Text("").Buckets("took"), before: null));
    }

    // The header Date has whole seconds, and the answer took a while: only what is certain counts.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(10, 8)]
    [InlineData(-1, 0)]
    [InlineData(-10, -9)]
    public void ClockAhead_OfAServer_IsWhatIsCertain(int difference, int certain)
    {
        MetricsText metrics = new("", Now + TimeSpan.FromSeconds(difference), Now, Now + TimeSpan.FromSeconds(2));

        Assert.Equal(TimeSpan.FromSeconds(certain), metrics.ClockAhead);
    }

    private static MetricsText Text(string text) => new(text, serverTime: null, Now, Now);
}
