using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Tests.Wire;

public sealed class RpcTimeoutTests
{
    // gRPC over HTTP/2, "Timeout".
    [Theory]
    [InlineData("1n", 1)]
    [InlineData("100n", 1)]
    [InlineData("7u", 70)]
    [InlineData("15m", 150_000)]
    [InlineData("3S", 30_000_000)]
    [InlineData("2M", 1_200_000_000)]
    [InlineData("1H", 36_000_000_000)]
    [InlineData("0n", 0)]
    public void TryParse_EachUnit_GivesTicks(string text, long ticks)
    {
        Assert.True(RpcTimeout.TryParse(text, out TimeSpan timeout));

        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("S")]
    [InlineData("-1S")]
    [InlineData("1s")]
    [InlineData("123456789S")]
    [InlineData(" 1S")]
    [InlineData("1.5S")]
    public void TryParse_Malformed_IsRefused(string text) => Assert.False(RpcTimeout.TryParse(text, out _));

    [Fact]
    public void TryParse_LongestPossible_DoesNotOverflow()
    {
        Assert.True(RpcTimeout.TryParse("99999999H", out TimeSpan timeout));

        Assert.Equal(TimeSpan.FromDays(36_500), timeout);
    }

    [Theory]
    [InlineData(-5, "0n")]
    [InlineData(0, "0n")]
    [InlineData(1, "100n")]
    [InlineData(50_000_000, "5000000u")]
    [InlineData(100_000_000_000, "10000000m")]
    [InlineData(long.MaxValue, "99999999H")]
    public void Format_AnySpan_FitsEightDigits(long ticks, string text) =>
        Assert.Equal(text, RpcTimeout.Format(TimeSpan.FromTicks(ticks)));

    [Fact]
    public void Format_ThenParse_NeverGivesLess()
    {
        for (long ticks = 1; ticks < long.MaxValue / 3; ticks = (ticks * 3) + 1)
        {
            Assert.True(RpcTimeout.TryParse(RpcTimeout.Format(TimeSpan.FromTicks(ticks)), out TimeSpan parsed));
            Assert.True(parsed.Ticks >= Math.Min(ticks, TimeSpan.FromDays(36_500).Ticks), $"{ticks}");
        }
    }
}
