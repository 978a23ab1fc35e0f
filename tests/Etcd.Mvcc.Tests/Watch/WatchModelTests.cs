using System.Text;

using Etcd.Mvcc.Tests.Store;
using Etcd.Mvcc.Watch;
using Etcd.Testing;

namespace Etcd.Mvcc.Tests.Watch;

/// <summary>Random histories: writes, compactions, slow streams, watchers that start anywhere and are cancelled. Whatever happens,
/// each watcher sees exactly its events, in order, whole, once; and progress is never ahead of them.</summary>
public class WatchModelTests
{
    private static readonly WatchOptions Tight = new()
    {
        StreamPendingBytesFree = 400,
        StreamPendingBytesMax = 400,
        TotalPendingBytesMax = 0,
        ResponseBytesMax = 120,
        CatchUpRevisionsMax = 5,
        CatchUpWatchersMax = 3,
        CatchUpBytesMax = 600,
        ProgressInterval = TimeSpan.FromSeconds(10),
    };

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60)];

    public static TheoryData<int> StoreSeeds => [.. Enumerable.Range(101, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Hub_AnyHistory_EveryWatcherSeesExactlyItsEvents(int seed)
    {
        var store = new MemoryHistory();
        var clock = new ManualTimeProvider();
        var hub = new WatchHub(store, clock, Tight with { Seed = seed });
        store.Sink = hub;
        Run(new Random(seed), store, hub, clock, during => store.DuringRead = during);
    }

    [Theory]
    [MemberData(nameof(StoreSeeds))]
    public void Hub_OverTheRealStore_EveryWatcherSeesExactlyItsEvents(int seed)
    {
        using var bench = new StoreBench();
        var model = new MemoryHistory { Mirror = bench };
        var clock = new ManualTimeProvider();
        var history = new ObservedHistory(bench.Store);
        var hub = new WatchHub(history, clock, Tight with { Seed = seed });
        bench.Store.AttachEventSink(hub);
        Run(new Random(seed), model, hub, clock, during => history.AfterRead = during);
    }

    private static void Run(Random random, MemoryHistory store, WatchHub hub, ManualTimeProvider clock, Action<Action?> setDuringRead)
    {
        ExpectedStream[] streams = [.. Enumerable.Range(0, 3).Select(_ => new ExpectedStream(store, hub.OpenStream()))];

        // What other threads may do while the pump reads.
        setDuringRead(() =>
        {
            for (int i = random.Next(4); i > 0; i--)
            {
                Disturb(random, store, streams);
            }
        });

        for (int step = 0; step < 3000; step++)
        {
            switch (random.Next(10))
            {
                case < 5:
                    Disturb(random, store, streams);
                    break;
                case 5:
                    hub.RunRound();
                    break;
                case 6 when random.Next(5) == 0:
                    clock.Advance(TimeSpan.FromSeconds(random.Next(8)));
                    break;
                default:
                    ExpectedStream taker = streams[random.Next(streams.Length)];
                    for (int i = random.Next(20); i > 0 && taker.TakeOne(); i--)
                    {
                    }

                    break;
            }
        }

        setDuringRead(null);
        Settle(hub, streams);
        Assert.True(streams.Sum(stream => stream.EventsSeen) > 200, "the run has delivered too little to mean anything");
        Assert.All(streams, stream => stream.CheckComplete(store.CurrentRevision));
        Assert.Equal(0, hub.SlowWatcherCount);
        Assert.Equal(0, hub.PendingEvents);
        Assert.All(streams, stream => stream.Dispose());
        Assert.Equal((0, 0, false), (hub.WatcherCount, hub.StreamCount, hub.IsWanted));
    }

    private static void Settle(WatchHub hub, ExpectedStream[] streams)
    {
        bool isBusy = true;
        for (int round = 0; isBusy; round++)
        {
            Assert.True(round < 10_000, $"no end in sight: {hub.SlowWatcherCount} behind, {hub.PendingEvents} pending");
            isBusy = hub.RunRound();
            foreach (ExpectedStream stream in streams)
            {
                while (stream.TakeOne())
                {
                    isBusy = true;
                }
            }
        }
    }

    private static void Disturb(Random random, MemoryHistory store, ExpectedStream[] streams)
    {
        ExpectedStream stream = streams[random.Next(streams.Length)];
        switch (random.Next(20))
        {
            case < 14:
                if (RandomChanges(random, store).ToArray() is { Length: > 0 } changes)
                {
                    store.Write(changes);
                }

                break;
            case < 16:
                stream.Create(RandomSpec(random, store));
                break;
            case 16:
                stream.CancelOne(random);
                break;
            case 17 when random.Next(4) == 0:
                store.Compact(Math.Max(store.CompactRevision, store.CurrentRevision - random.Next(30)));
                break;
            default:
                stream.Stream.RequestProgress();
                break;
        }
    }

    private static IEnumerable<(string Key, string? Value)> RandomChanges(Random random, MemoryHistory store) =>
        Enumerable.Range(0, random.Next(10) == 0 ? 12 : random.Next(1, 3))
            .Select(_ => $"k{random.Next(20):D2}")
            .Distinct()
            .Select(key => (Key: key, Value: random.Next(4) == 0 ? null : new string('x', random.Next(30))))

            // Deleting what is not there is no event.
            .Where(change => change.Value is not null || store.StateAt(change.Key, store.CurrentRevision) is not null);

    private static WatchSpec RandomSpec(Random random, MemoryHistory store)
    {
        string key = $"k{random.Next(20):D2}";
        string[] ends = ["", "", "\0", "k99", $"k{random.Next(20):D2}z"];
        string end = ends[random.Next(ends.Length)];
        return new WatchSpec
        {
            Key = Encoding.UTF8.GetBytes(key),
            RangeEnd = Encoding.UTF8.GetBytes(end.Length > 1 && string.CompareOrdinal(end, key) <= 0 ? "" : end),
            StartRevision = Math.Max(1, store.CurrentRevision + 1 - random.Next(-5, 40)),
            WithPreviousKeyValue = random.Next(2) == 0,
            WantsProgressNotices = random.Next(2) == 0,
            AllowsFragments = random.Next(2) == 0,
            WithoutPuts = random.Next(5) == 0,
            WithoutDeletes = random.Next(5) == 0,
        };
    }
}
