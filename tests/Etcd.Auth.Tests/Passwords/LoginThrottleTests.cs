using System.Globalization;

using Etcd.Testing;

namespace Etcd.Auth.Tests.Passwords;

public sealed class LoginThrottleTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void MayTry_AfterTooManyFailures_IsFalseUntilTimeGivesOneBack()
    {
        LoginThrottle throttle = New(failuresMax: 3);
        for (int failure = 0; failure < 3; failure++)
        {
            Assert.True(throttle.MayTry("10.0.0.1"));
            throttle.CountFailure("10.0.0.1");
        }

        Assert.False(throttle.MayTry("10.0.0.1"));
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.True(throttle.MayTry("10.0.0.1"));
    }

    [Fact]
    public void MayTry_OtherSource_IsNotHeldBack()
    {
        LoginThrottle throttle = New(failuresMax: 1);
        throttle.CountFailure("10.0.0.1");

        Assert.False(throttle.MayTry("10.0.0.1"));
        Assert.True(throttle.MayTry("10.0.0.2"));
    }

    [Fact]
    public void CountFailure_FloodOfSources_StaysBoundedAndKeepsTheNewest()
    {
        LoginThrottle throttle = New(failuresMax: 1);
        for (int source = 0; source < LoginThrottle.SourcesMax + 10; source++)
        {
            throttle.CountFailure(source.ToString(CultureInfo.InvariantCulture));
            _time.Advance(TimeSpan.FromMicroseconds(1));
        }

        Assert.True(throttle.MayTry("0"));
        Assert.False(throttle.MayTry((LoginThrottle.SourcesMax + 9).ToString(CultureInfo.InvariantCulture)));
    }

    private LoginThrottle New(int failuresMax) => new(_time, failuresMax, TimeSpan.FromSeconds(2));
}
