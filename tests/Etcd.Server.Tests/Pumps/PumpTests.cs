using Etcd.Server.Pumps;

namespace Etcd.Server.Tests.Pumps;

public sealed class PumpTests
{
    [Fact]
    public void Stop_AfterPosts_HandlesAllOfThemInOrder()
    {
        var seen = new List<int>();
        using var pump = new ThreadPump<int>("test", int.MaxValue, seen.AddRange, Rethrow);
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
        using var pump = new ThreadPump<int>("test", capacity: 2, static _ => { }, Rethrow);

        Assert.True(pump.TryPost(1));
        Assert.True(pump.TryPost(2));
        Assert.False(pump.TryPost(3));
    }

    [Fact]
    public async Task Handler_Throws_EndsThePumpAndReports()
    {
        var fault = new TaskCompletionSource<Exception>();
        using var pump = new ThreadPump<int>("test", 10, static _ => throw new IOException("disk"), fault.SetResult);
        pump.Start();

        pump.Post(1);

        Assert.Equal("disk", (await fault.Task).Message);
        Assert.False(pump.TryPost(2));
    }

    // Reads that waited in the consensus loop's inbox when it failed got no answer at all.
    [Fact]
    public async Task Handler_Throws_NamesWhatNobodyHandled()
    {
        var unhandled = new TaskCompletionSource<IReadOnlyList<int>>();
        using var entered = new ManualResetEventSlim();
        using var posted = new ManualResetEventSlim();
        ThreadPump<int> pump = null!;
        pump = new ThreadPump<int>("test", 10, Fail, _ => unhandled.SetResult(pump.Unhandled));
        pump.Post(1);
        pump.Start();
        entered.Wait(TestContext.Current.CancellationToken);
        pump.Post(2);
        posted.Set();

        Assert.Equal([1, 2], await unhandled.Task);
        pump.Dispose();

        void Fail(List<int> batch)
        {
            entered.Set();
            posted.Wait();
            throw new IOException("disk");
        }
    }

    [Fact]
    public void Idle_RunsUntilItHasNoMore_AndAgainAfterWork()
    {
        int left = 3;
        using var ran = new CountdownEvent(4);
        using var pump = new ThreadPump<int>(
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

    [Fact]
    public void TryRunHere_IdlePump_HandlesOnTheCallingThread()
    {
        var threads = new List<int>();
        using var pump = new ThreadPump<int>("test", 10, _ => threads.Add(Environment.CurrentManagedThreadId), Rethrow);
        pump.Start();

        Assert.True(pump.TryRunHere(1));

        Assert.Equal([Environment.CurrentManagedThreadId], threads);
    }

    [Fact]
    public void TryRunHere_WhileTheHandlerRuns_IsRefusedAndOrderIsKept()
    {
        var seen = new List<int>();
        using var started = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        using var pump = new ThreadPump<int>(
            "test",
            10,
            items =>
            {
                seen.AddRange(items);
                started.Set();
                release.Wait();
            },
            Rethrow);
        pump.Start();
        pump.Post(1);
        started.Wait(TestContext.Current.CancellationToken);

        bool ranHere = pump.TryRunHere(2);
        pump.Post(3);
        release.Set();
        pump.Stop();

        Assert.False(ranHere);
        Assert.Equal([1, 3], seen);
    }

    [Fact]
    public void Post_WhileAnItemRunsOnTheCallingThread_WaitsForItsEnd()
    {
        var seen = new List<string>();
        Pump<int>? pump = null;
        pump = new ThreadPump<int>(
            "test",
            10,
            items =>
            {
                seen.Add($"begin {items[0]}");
                if (items[0] == 1)
                {
                    pump!.Post(2);
                }

                seen.Add($"end {items[0]}");
            },
            Rethrow);
        pump.Start();

        pump.TryRunHere(1);
        pump.Stop();

        Assert.Equal(["begin 1", "end 1", "begin 2", "end 2"], seen);
        pump.Dispose();
    }

    [Fact]
    public void TryServeHere_HandlerPostsMore_HandlesThatTooUpToItsTurns()
    {
        var seen = new List<(int Item, int Thread)>();
        Pump<int>? pump = null;
        pump = new ThreadPump<int>(
            "test",
            10,
            items =>
            {
                seen.Add((items[0], Environment.CurrentManagedThreadId));
                if (items[0] < 3)
                {
                    pump!.Post(items[0] + 1);
                }
            },
            Rethrow);
        pump.Start();

        Assert.True(pump.TryServeHere(1, turnsMax: 2));
        pump.Stop();

        int here = Environment.CurrentManagedThreadId;
        Assert.Equal([1, 2, 3], seen.Select(turn => turn.Item));
        Assert.Equal([true, true, false], seen.Select(turn => turn.Thread == here));
        pump.Dispose();
    }

    [Fact]
    public void TryServeHere_HandlerFails_EndsThePumpAndTellsItsOwnerAlone()
    {
        var faults = new List<Exception>();
        var seen = new List<int>();
        Pump<int>? pump = null;
        pump = new ThreadPump<int>(
            "test",
            10,
            items =>
            {
                seen.AddRange(items);
                pump!.Post(2);
                throw new InvalidOperationException("broken");
            },
            faults.Add);
        pump.Start();

        Assert.True(pump.TryServeHere(1, turnsMax: 3));

        Assert.True(pump.IsStopping);
        Assert.False(pump.TryServeHere(3, turnsMax: 1));
        Assert.False(pump.TryPost(4));
        pump.Stop();
        Assert.Equal("broken", Assert.Single(faults).Message);
        Assert.Equal([1], seen);
        pump.Dispose();
    }

    // The loop closed its reads on two threads at once.
    [Fact]
    public async Task Stop_WhileACarriedTurnTellsOfItsFailure_WaitsForItsEnd()
    {
        using var telling = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        using var pump = new ThreadPump<int>("test", 10, static _ => throw new IOException("disk"), _ =>
        {
            telling.Set();
            release.Wait();
        });
        pump.Start();
        Task carrying = Task.Run(() => pump.TryServeHere(1, turnsMax: 1), TestContext.Current.CancellationToken);
        telling.Wait(TestContext.Current.CancellationToken);

        Task stopping = Task.Run(pump.Stop, TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<TimeoutException>(
            () => stopping.WaitAsync(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken));
        release.Set();

        await stopping.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        await carrying;
    }

    [Fact]
    public void TryServeHere_BeforeTheStart_IsRefused()
    {
        using var pump = new ThreadPump<int>("test", 10, _ => throw new InvalidOperationException("too early"), Rethrow);

        Assert.False(pump.TryServeHere(1, turnsMax: 1));
    }

    private static void Rethrow(Exception failure) => throw failure;
}
