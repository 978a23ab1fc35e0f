using System.Text;

using Etcd.Mvcc.Watch;

namespace Etcd.Mvcc.Tests.Watch;

/// <summary>The same promises with real threads: one that applies, the pump, senders of different pace, and clients that come and go.</summary>
public class WatchConcurrencyTests
{
    private const int Keys = 50;
    private const int Revisions = 8_000;

    [Fact]
    public async Task Hub_WritersSendersAndClientsAtOnce_EveryWatcherSeesExactlyItsEvents()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var store = new MemoryHistory();
        var hub = new WatchHub(store, TimeProvider.System, new WatchOptions { StreamPendingBytesFree = 20_000, TotalPendingBytesMax = 0 });
        store.Sink = hub;
        Task pump = hub.RunAsync(stop.Token);
        ExpectedStream[] streams = [.. Enumerable.Range(0, 4).Select(_ => new ExpectedStream(store, hub.OpenStream()))];
        foreach (ExpectedStream stream in streams)
        {
            stream.Create(new WatchSpec { Key = "k07"u8.ToArray(), StartRevision = 1 });
        }

        Task[] senders = [.. streams.Select((stream, number) => SendAsync(stream, pauseEvery: number * 50, stop.Token))];
        using var written = new CancellationTokenSource();
        Task clients = Task.Run(() => ComeAndGo(store, streams, written.Token), cancellationToken);

        Write(store, hub);
        await written.CancelAsync();
        await clients;

        // Past the start of the last watcher that was created in the future.
        for (int i = 0; i < 20; i++)
        {
            store.Put("k00");
        }

        while (hub.SlowWatcherCount > 0 || hub.PendingEvents > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Array.Find([pump, .. senders], task => task.IsFaulted) is { } faulted)
            {
                await faulted;
            }

            await Task.Yield();
        }

        // Close each stream; its sender takes what is left and ends.
        foreach (ExpectedStream stream in streams)
        {
            stream.IsFinishing = true;
            stream.Stream.RequestProgress();
        }

        await Task.WhenAll(senders);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pump);
        Assert.All(streams, stream => stream.CheckComplete(store.CurrentRevision));
        Assert.All(streams, stream => Assert.NotEqual(0, stream.EventsSeen));
    }

    private static void Write(MemoryHistory store, WatchHub hub)
    {
        var random = new Random(1);
        for (int i = 0; i < Revisions; i++)
        {
            // Now and then a pass of apply with several entries.
            bool isPass = i % 10 == 0;
            if (isPass)
            {
                hub.HoldWakeUps();
            }

            store.Write(($"k{random.Next(Keys):D2}", "value"), ($"m{random.Next(Keys):D2}", i % 7 == 0 ? null : "value"));
            if (i % 10 == 5)
            {
                hub.ReleaseWakeUps();
            }
        }

        hub.ReleaseWakeUps();
    }

    private static async Task SendAsync(ExpectedStream stream, int pauseEvery, CancellationToken cancellationToken)
    {
        int taken = 0;
        while (await stream.Stream.WaitAsync(cancellationToken))
        {
            while (stream.TakeOne())
            {
                // A slow client: lets the others run, so that its queue fills.
                if (pauseEvery != 0 && ++taken % pauseEvery == 0)
                {
                    await Task.Yield();
                }
            }

            if (stream.HasFinished)
            {
                return;
            }
        }
    }

    private static void ComeAndGo(MemoryHistory store, ExpectedStream[] streams, CancellationToken cancellationToken)
    {
        var random = new Random(2);
        for (int i = 0; i < 120 && !cancellationToken.IsCancellationRequested; i++)
        {
            ExpectedStream stream = streams[random.Next(streams.Length)];
            string key = $"{(random.Next(2) == 0 ? 'k' : 'm')}{random.Next(Keys):D2}";
            stream.Create(new WatchSpec
            {
                Key = Encoding.UTF8.GetBytes(key),
                RangeEnd = random.Next(20) == 0 ? Encoding.UTF8.GetBytes("z") : default,
                StartRevision = Math.Max(1, store.CurrentRevision + 1 - random.Next(-10, 500)),
            });
            if (random.Next(2) == 0)
            {
                stream.CancelOne(random);
            }

            if (random.Next(10) == 0)
            {
                stream.Stream.RequestProgress();
            }
        }
    }
}
