using Etcd.Hosting.Settings;

namespace Etcd.Hosting.Tests;

// Go's time.ParseDuration.
public sealed class GoDurationTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("300ms", 300)]
    [InlineData("1.5s", 1500)]
    [InlineData("2h45m", 9_900_000)]
    [InlineData("-1s", -1000)]
    [InlineData("1m0.5s", 60_500)]
    public void TryParse_ValidText_GivesTheDuration(string text, double milliseconds)
    {
        Assert.True(GoDuration.TryParse(text, out TimeSpan duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("1x")]
    [InlineData("1.2.3s")]
    [InlineData("99999999999h")]
    public void TryParse_InvalidText_IsRefused(string text) => Assert.False(GoDuration.TryParse(text, out _));
}
