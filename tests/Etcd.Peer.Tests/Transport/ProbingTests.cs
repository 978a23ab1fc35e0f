namespace Etcd.Peer.Tests.Transport;

/// <summary>Members ask each other whether they are there.</summary>
public class ProbingTests
{
    [Fact(Timeout = 30_000)]
    public async Task Probe_PeerAnswers_GivesRoundTripAndClockDifference()
    {
        await using TestMember two = await TestMember.StartAsync(2);
        await using TestMember one = await TestMember.StartAsync(1, options => options with { ProbeInterval = TimeSpan.FromMilliseconds(50) });
        var measured = new TaskCompletionSource<(ulong Member, TimeSpan Time)>(TaskCreationOptions.RunContinuationsAsynchronously);
        one.Transport.RoundTripMeasured += (member, time) => measured.TrySetResult((member, time));

        one.Transport.AddPeer(2, [two.Url]);
        (ulong member, TimeSpan time) = await measured.Task;

        Assert.Equal(2UL, member);
        Assert.True(time > TimeSpan.Zero);
        PeerFigures figures = one.Transport.Figures[0];
        Assert.True(figures.RoundTrip > TimeSpan.Zero);
        Assert.InRange(figures.ClockDifference, TimeSpan.FromSeconds(-1), TimeSpan.FromSeconds(1));
    }
}
