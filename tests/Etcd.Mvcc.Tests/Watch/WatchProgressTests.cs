using Etcd.Mvcc.Watch;

namespace Etcd.Mvcc.Tests.Watch;

public class WatchProgressTests
{
    private static readonly WatchOptions Small = new()
    {
        StreamPendingBytesFree = 300,
        StreamPendingBytesMax = 300,
        TotalPendingBytesMax = 0,
        CatchUpRevisionsMax = 2,
    };

    private readonly WatchFixture _watch = new();

    // Seen on etcd 3.5.30, also without any event before.
    [Fact]
    public void RequestProgress_AllLive_AnswersWithTheCurrentRevisionAndIdMinusOne()
    {
        _watch.Store.Put("x");
        _watch.Stream.Create(WatchFixture.Key("a"));
        _watch.Stream.RequestProgress();

        Assert.Equal(["0: created (2)", "-1: progress (2)"], _watch.Take());
    }

    // Incident #15220: progress ahead of events.
    [Fact]
    public void RequestProgress_EventsWait_ComesAfterThem()
    {
        _watch.Stream.Create(WatchFixture.Key("a"));
        _watch.Stream.Create(WatchFixture.Key("b"));
        _watch.Take();

        _watch.Store.Put("a", "1");
        _watch.Store.Put("b", "1");
        _watch.Stream.RequestProgress();

        Assert.Equal(["0: put a=1@2 (2)", "1: put b=1@3 (3)", "-1: progress (3)"], _watch.Take());
    }

    [Fact]
    public void RequestProgress_CreatedNoticeAndHistoryWait_ComesAfterBoth()
    {
        _watch.Store.Put("a", "1");
        _watch.Stream.Create(WatchFixture.Key("a", start: 2));
        _watch.CatchUp();
        _watch.Stream.RequestProgress();

        Assert.Equal(["0: created (2)", "0: put a=1@2 (2)", "-1: progress (2)"], _watch.Take());
    }

    // What came after the request is sent after the answer, so no watcher hears of a revision behind one it has seen.
    [Fact]
    public void RequestProgress_MoreEventsAfterIt_AreSentAfterTheAnswer()
    {
        _watch.Stream.Create(WatchFixture.Key("a"));
        _watch.Stream.Create(WatchFixture.Key("b"));
        _watch.Take();

        _watch.Store.Put("a", "1");
        _watch.Stream.RequestProgress();
        _watch.Store.Put("a", "2");
        _watch.Store.Put("b", "1");

        Assert.Equal(["0: put a=1@2 (2)", "-1: progress (2)", "1: put b=1@4 (4)", "0: put a=2@3 (3)"], _watch.Take());
    }

    [Fact]
    public void RequestProgress_TwiceBeforeTheAnswer_TheSecondIsAnsweredWithItsOwnRevision()
    {
        _watch.Stream.Create(WatchFixture.Key("a"));
        _watch.Take();

        _watch.Stream.RequestProgress();
        _watch.Store.Put("a", "1");
        _watch.Stream.RequestProgress();

        Assert.Equal(["-1: progress (1)", "0: put a=1@2 (2)", "-1: progress (2)"], _watch.Take());
    }

    [Fact]
    public void RequestProgress_ManyWhileOneWaits_AreAnsweredTogether()
    {
        _watch.Stream.Create(WatchFixture.Key("a"));
        _watch.Take();

        for (int i = 0; i < 100; i++)
        {
            _watch.Stream.RequestProgress();
        }

        Assert.Equal(["-1: progress (1)", "-1: progress (1)"], _watch.Take());
    }

    // Seen on etcd 3.5.30.
    [Fact]
    public void RequestProgress_NoWatcher_IsNotAnsweredNorKept()
    {
        _watch.Stream.RequestProgress();
        _watch.Stream.Create(WatchFixture.Key("a"));

        Assert.Equal(["0: created (1)"], _watch.Take());
    }

    // Incident #20221: progress below the start of a watcher of the future makes its client resume there. Seen on etcd 3.5.30: no answer.
    [Fact]
    public void RequestProgress_WatcherOfTheFuture_IsNotAnswered()
    {
        _watch.Stream.Create(WatchFixture.Key("a", start: 3));
        _watch.Stream.RequestProgress();
        Assert.Equal(["0: created (1)"], _watch.Take());

        _watch.Store.Put("b");
        _watch.Stream.RequestProgress();

        // Now the start is the very next revision.
        Assert.Equal(["-1: progress (2)"], _watch.Take());
    }

    // Incident #15220: progress while a watcher of the stream is still behind.
    [Fact]
    public void RequestProgress_OneWatcherBehind_ComesOnceItHasCaughtUp()
    {
        var watch = new WatchFixture(new WatchOptions { CatchUpRevisionsMax = 2 });
        for (int i = 0; i < 3; i++)
        {
            watch.Store.Put("a", "1");
        }

        watch.Stream.Create(WatchFixture.Key("b"));
        watch.Stream.Create(WatchFixture.Key("a", start: 2));
        watch.Stream.RequestProgress();
        Assert.Equal(["0: created (4)", "1: created (4)"], watch.Take());

        watch.Hub.RunRound();
        Assert.Equal(["1: put a=1@2 put a=1@3 (3)"], watch.Take());
        watch.Hub.RunRound();
        Assert.Equal(["1: put a=1@4 (4)", "-1: progress (4)"], watch.Take());
    }

    // Incident #15220 on a slow stream: the answer neither comes early nor gets lost.
    [Fact]
    public void RequestProgress_StreamIsFull_ComesAfterAllEventsOnceItHasDrained()
    {
        var watch = new WatchFixture(Small);
        watch.Stream.Create(WatchFixture.Key("a"));
        watch.Take();
        for (int i = 0; i < 20; i++)
        {
            watch.Store.Put("a", $"{i}");
        }

        Assert.Equal(1, watch.Hub.SlowWatcherCount);
        watch.Stream.RequestProgress();

        List<string> lines = [];
        for (int round = 0; round < 40; round++)
        {
            lines.AddRange(watch.Take());
            watch.Hub.RunRound();
        }

        Assert.Equal("-1: progress (21)", lines[^1]);
        Assert.Single(lines, line => line.Contains("put a=19@21"));
        Assert.Single(lines, line => line.Contains("progress"));
    }

    // A request is not lost when the watcher it waits for meets a compaction.
    [Fact]
    public void RequestProgress_WatcherBehindIsCompacted_IsAnsweredForTheOthers()
    {
        for (int i = 0; i < 4; i++)
        {
            _watch.Store.Put("a");
        }

        _watch.Stream.Create(WatchFixture.Key("b"));
        _watch.Stream.Create(WatchFixture.Key("a", start: 2));
        _watch.Stream.RequestProgress();
        _watch.Store.Compact(4);
        _watch.CatchUp();

        Assert.Equal(["0: created (5)", "1: created (5)", "1: compacted 4 (0)", "-1: progress (5)"], _watch.Take());
    }

    [Fact]
    public void RequestProgress_WatcherBehindIsCancelled_IsAnsweredForTheOthers()
    {
        _watch.Store.Put("a");
        _watch.Stream.Create(WatchFixture.Key("b"));
        _watch.Stream.Create(WatchFixture.Key("a", start: 2));
        _watch.Stream.RequestProgress();
        _watch.Stream.Cancel(1);

        Assert.Equal(["0: created (2)", "1: created (2)", "1: canceled (2)", "-1: progress (2)"], _watch.Take());
    }

    [Fact]
    public void ProgressNotify_IdleForTheInterval_ReportsTheCurrentRevision()
    {
        using ITimer timer = StartPump();
        _watch.Stream.Create(WatchFixture.Key("a") with { WantsProgressNotices = true });
        _watch.Stream.Create(WatchFixture.Key("a"));
        _watch.Store.Put("b");
        _watch.Take();

        // The jitter adds at most a tenth.
        Advance(TimeSpan.FromMinutes(9.9));
        Assert.Empty(_watch.Take());
        Advance(TimeSpan.FromMinutes(1.2));

        Assert.Equal(["0: progress (2)"], _watch.Take());
    }

    [Fact]
    public void ProgressNotify_EventsInTheInterval_PutItOffToTheNext()
    {
        using ITimer timer = StartPump();
        _watch.Stream.Create(WatchFixture.Key("a") with { WantsProgressNotices = true });
        _watch.Store.Put("a", "1");
        _watch.Take();

        Advance(TimeSpan.FromMinutes(11));
        Assert.Empty(_watch.Take());
        Advance(TimeSpan.FromMinutes(11));

        Assert.Equal(["0: progress (2)"], _watch.Take());
    }

    [Fact]
    public void ProgressNotify_EventComesBeforeTheSenderLooks_OnlyTheEventIsSent()
    {
        using ITimer timer = StartPump();
        _watch.Stream.Create(WatchFixture.Key("a") with { WantsProgressNotices = true });
        _watch.Take();

        Advance(TimeSpan.FromMinutes(11));
        _watch.Store.Put("a", "1");

        Assert.Equal(["0: put a=1@2 (2)"], _watch.Take());
    }

    [Fact]
    public void ProgressNotify_WatcherOfTheFuture_GetsNone()
    {
        using ITimer timer = StartPump();
        _watch.Stream.Create(WatchFixture.Key("a", start: 100) with { WantsProgressNotices = true });
        _watch.Take();

        Advance(TimeSpan.FromMinutes(11));

        Assert.Empty(_watch.Take());
    }

    [Fact]
    public async Task RunAsync_OnTheClock_SendsProgressAndCatchesUp()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task pump = _watch.Hub.RunAsync(stop.Token);
        _watch.Store.Put("a", "1");
        _watch.Stream.Create(WatchFixture.Key("a", start: 2) with { WantsProgressNotices = true });

        List<string> lines = [];
        while (lines.Count < 2)
        {
            Assert.True(await _watch.Stream.WaitAsync(cancellationToken));
            lines.AddRange(_watch.Take());
        }

        Assert.Equal(["0: created (2)", "0: put a=1@2 (2)"], lines);

        // The first interval held an event, the second holds none.
        ValueTask<bool> wait = _watch.Stream.WaitAsync(cancellationToken);
        while (!wait.IsCompleted)
        {
            _watch.Clock.Advance(TimeSpan.FromMinutes(1));
            await Task.Yield();
        }

        Assert.True(await wait);
        Assert.Equal(["0: progress (2)"], _watch.Take());
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pump);
    }

    [Fact]
    public void ProgressInterval_OfManyStreams_IsSpreadByUpToATenth()
    {
        TimeSpan[] intervals = [.. Enumerable.Range(0, 100).Select(_ => _watch.Hub.OpenStream().ProgressInterval)];

        Assert.All(intervals, interval => Assert.InRange(interval, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(11)));
        Assert.InRange(intervals.Distinct().Count(), 90, 100);
    }

    private ITimer StartPump() => _watch.Clock.CreateTimer(
        _ => _watch.CatchUp(),
        null,
        TimeSpan.FromSeconds(1),
        TimeSpan.FromSeconds(1));

    private void Advance(TimeSpan by) => _watch.Clock.Advance(by);
}
