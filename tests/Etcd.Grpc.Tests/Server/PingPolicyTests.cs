using Etcd.Grpc.Server.Pings;
using Etcd.Testing;

namespace Etcd.Grpc.Tests.Server;

/// <summary>grpc-go's enforcement policy as etcd sets it: pings at least five seconds apart.</summary>
public sealed class PingPolicyTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Ping_EveryFiveSecondsWithACall_IsAlwaysAllowed()
    {
        var policy = new PingPolicy(TimeSpan.FromSeconds(5), _time);
        policy.CallStarted();

        for (int i = 0; i < 100; i++)
        {
            Assert.False(policy.IsTooMuch());
            _time.Advance(TimeSpan.FromSeconds(5));
        }
    }

    [Fact]
    public void Ping_FasterWithACall_IsTooMuchAtTheFourth()
    {
        var policy = new PingPolicy(TimeSpan.FromSeconds(5), _time);
        policy.CallStarted();

        Assert.Equal([false, false, false, true], Enumerable.Range(0, 4).Select(_ => policy.IsTooMuch()));
    }

    [Fact]
    public void Ping_WithoutACall_MustBeHoursApart()
    {
        var policy = new PingPolicy(TimeSpan.FromSeconds(5), _time);
        var seen = new List<bool>();
        for (int i = 0; i < 4; i++)
        {
            seen.Add(policy.IsTooMuch());
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal([false, false, false, true], seen);
    }

    [Fact]
    public void Ping_BetweenReplies_IsAlwaysAllowed()
    {
        var policy = new PingPolicy(TimeSpan.FromSeconds(5), _time);
        policy.CallStarted();

        for (int i = 0; i < 100; i++)
        {
            Assert.False(policy.IsTooMuch());
            policy.Sent();
        }
    }
}
