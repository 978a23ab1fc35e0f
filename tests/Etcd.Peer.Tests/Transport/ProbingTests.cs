namespace Etcd.Peer.Tests.Transport;

/// <summary>Members ask each other whether they are there.</summary>
public class ProbingTests
{
    [Fact(Timeout = 30_000)]
    public async Task Probe_PeerAnswers_GivesRoundTripAndClockDifference()
    {
        await using TestMember two = await TestMember.StartAsync(2);
        await using TestMember one = await TestMember.StartAsync(1, options => options with { ProbeInterval = TimeSpan.FromMilliseconds(50) });

        one.Transport.AddPeer(2, [two.Url]);
        await one.UntilAsync(member => member.Transport.Figures[0].ClockDifference != TimeSpan.Zero);

        PeerFigures figures = one.Transport.Figures[0];
        Assert.Equal(2UL, figures.MemberId);
        Assert.True(figures.RoundTrip > TimeSpan.Zero);
        Assert.True(figures.RoundTrips.Sum > TimeSpan.Zero);
        Assert.NotEqual(0, Enumerable.Range(0, figures.RoundTrips.BoundedBuckets + 1).Sum(figures.RoundTrips.CountIn));
        Assert.InRange(figures.ClockDifference, TimeSpan.FromSeconds(-1), TimeSpan.FromSeconds(1));
    }
}
