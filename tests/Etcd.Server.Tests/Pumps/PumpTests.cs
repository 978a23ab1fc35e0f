using Etcd.Server.Pumps;

namespace Etcd.Server.Tests.Pumps;

public sealed class PumpTests
{
    [Fact]
    public void Stop_AfterPosts_HandlesAllOfThemInOrder()
    {
        var seen = new List<int>();
        using var pump = new Pump<int>("test", int.MaxValue, seen.AddRange, Rethrow);
        pump.Start();

        for (int i = 0; i < 1000; i++)
        {
            pump.Post(i);
        }

        pump.Stop();

        Assert.Equal(Enumerable.Range(0, 1000), seen);
    }

    [Fact]
    public void TryPost_FullPump_Refuses()
    {
        using var pump = new Pump<int>("test", capacity: 2, static _ => { }, Rethrow);

        Assert.True(pump.TryPost(1));
        Assert.True(pump.TryPost(2));
        Assert.False(pump.TryPost(3));
    }

    [Fact]
    public async Task Handler_Throws_EndsThePumpAndReports()
    {
        var fault = new TaskCompletionSource<Exception>();
        using var pump = new Pump<int>("test", 10, static _ => throw new IOException("disk"), fault.SetResult);
        pump.Start();

        pump.Post(1);

        Assert.Equal("disk", (await fault.Task).Message);
        Assert.False(pump.TryPost(2));
    }

    [Fact]
    public void Idle_RunsUntilItHasNoMore_AndAgainAfterWork()
    {
        int left = 3;
        using var ran = new CountdownEvent(4);
        using var pump = new Pump<int>(
            "test",
            10,
            _ => left = 1,
            Rethrow,
            () =>
            {
                ran.Signal();
                return --left > 0;
            });
        pump.Start();
        SpinWait.SpinUntil(() => ran.CurrentCount == 1);

        pump.Post(1);
        ran.Wait(TestContext.Current.CancellationToken);

        Assert.Equal(0, ran.CurrentCount);
    }

    private static void Rethrow(Exception failure) => throw failure;
}
