using Etcd.Api.Metrics;

namespace Etcd.Api.Tests.Metrics;

// The format: https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
public sealed class MetricsRegistryTests
{
    private readonly MetricsRegistry _metrics = new();

    [Fact]
    public void WriteTo_SeveralMetrics_WritesThemByNameWithHelpAndType()
    {
        _metrics.AddGauge("b_now", "How much.", () => 2.5);
        _metrics.AddCounter("a_total", "How often.", () => 7);

        string text = MetricsText.Of(_metrics);

        Assert.Equal(
            "# HELP a_total How often.\n# TYPE a_total counter\na_total 7\n# HELP b_now How much.\n# TYPE b_now gauge\nb_now 2.5\n", text);
    }

    [Fact]
    public void WriteTo_ValueChangedSince_WritesTheNewOne()
    {
        int value = 1;
        _metrics.AddGauge("a", "x", () => value);
        _ = MetricsText.Of(_metrics);
        value = 2;

        Assert.Equal("a 2", MetricsText.Lines(_metrics)[^1]);
    }

    [Theory]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(-1d, "-1")]
    [InlineData(2147483648d, "2147483648")]
    [InlineData(0.011125615, "0.011125615")]
    public void Gauge_AnyNumber_IsWrittenAsTheFormatWantsIt(double value, string expected)
    {
        _metrics.AddGauge("a", "x", () => value);

        Assert.Equal($"a {expected}", MetricsText.Lines(_metrics)[^1]);
    }

    [Fact]
    public void Text_WithQuoteBackslashAndLineFeed_IsEscaped()
    {
        _metrics.AddText("a", "first\nsecond \\ \"third\"", "name", () => "q\" b\\ n\n");

        Assert.Equal(
            ["# HELP a first\\nsecond \\\\ \"third\"", "# TYPE a gauge", "a{name=\"q\\\" b\\\\ n\\n\"} 1"], MetricsText.Lines(_metrics));
    }

    [Fact]
    public void Text_NotKnownYet_IsLeftOutWithItsHead()
    {
        _metrics.AddText("a", "x", "name", () => null);

        Assert.Empty(MetricsText.Of(_metrics));
    }

    [Fact]
    public void Add_NameTaken_IsRefused()
    {
        _metrics.AddGauge("a", "x", () => 1);

        Assert.Throws<ArgumentException>(() => _metrics.AddCounter("a", "y", () => 2));
    }
}
