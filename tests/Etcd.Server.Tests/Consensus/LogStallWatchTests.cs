using Etcd.Server.Consensus;
using Etcd.Server.Observation;
using Etcd.Testing;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Server.Tests.Consensus;

public sealed class LogStallWatchTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ManualTimeProvider _time = new();
    private readonly ServerInstruments _instruments;
    private readonly LogStallWatch _watch;

    public LogStallWatchTests()
    {
        _instruments = new ServerInstruments(_time);
        _watch = new LogStallWatch(Patience, _time, _instruments, new ConsensusLog(NullLogger.Instance));
    }

    [Fact]
    public void Look_WorkTakesLongerThanPatience_IsStalledUntilItEnds()
    {
        _watch.Begins(_time.GetTimestamp());
        Assert.False(IsStalledAfter(Patience));
        Assert.True(IsStalledAfter(TimeSpan.FromMilliseconds(1)));
        Assert.True(IsStalledAfter(Patience));
        Assert.Equal(1, _instruments.LogStalls);

        _watch.Ended();

        Assert.False(IsStalledAfter(TimeSpan.Zero));
        Assert.Equal(1, _instruments.LogStalls);
    }

    [Fact]
    public void Look_NobodyWorks_IsNotStalledHoweverLongAgoTheLastWorkWas()
    {
        _watch.Begins(_time.GetTimestamp());
        _watch.Ended();

        Assert.False(IsStalledAfter(TimeSpan.FromHours(1)));
        Assert.Equal(0, _instruments.LogStalls);
    }

    [Fact]
    public void Look_ManyQuickPieces_AreNoStall()
    {
        for (int i = 0; i < 100; i++)
        {
            _watch.Begins(_time.GetTimestamp());
            Assert.False(IsStalledAfter(TimeSpan.FromSeconds(1)));
            _watch.Ended();
        }
    }

    // One waits for the other: that the second is done says nothing of the first.
    [Fact]
    public void Look_OneOfTwoPiecesHasEnded_TheOtherIsStillTimed()
    {
        _watch.Begins(_time.GetTimestamp());
        _watch.Begins(_time.GetTimestamp());

        _watch.Ended();

        Assert.True(IsStalledAfter(Patience + TimeSpan.FromMilliseconds(1)));
    }

    private bool IsStalledAfter(TimeSpan time)
    {
        _time.Advance(time);
        _watch.Look();
        return _watch.IsStalled;
    }
}
