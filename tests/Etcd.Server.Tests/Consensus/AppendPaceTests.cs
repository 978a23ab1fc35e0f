using Etcd.Server.Consensus;
using Etcd.Testing;

namespace Etcd.Server.Tests.Consensus;

public sealed class AppendPaceTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly AppendPace _pace;

    public AppendPaceTests() => _pace = new AppendPace(_time);

    [Fact]
    public void IsAlone_FirstOneAndLaterOnesWithATimeBetweenThem_IsSo()
    {
        Assert.True(_pace.IsAlone());
        _pace.Carried();
        _time.Advance(TimeSpan.FromMicroseconds(100));

        Assert.True(_pace.IsAlone());
    }

    [Fact]
    public void IsAlone_OneWasWaitingWhileTheLastWasCarried_TheyGatherForAWhile()
    {
        Assert.True(_pace.IsAlone());
        _pace.Carried();
        _time.Advance(TimeSpan.FromMicroseconds(10));
        Assert.False(_pace.IsAlone());

        _time.Advance(TimeSpan.FromMilliseconds(9));
        Assert.False(_pace.IsAlone());

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(_pace.IsAlone());
    }
}
