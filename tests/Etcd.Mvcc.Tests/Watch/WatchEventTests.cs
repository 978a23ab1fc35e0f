using Etcd.Mvcc.Watch;

namespace Etcd.Mvcc.Tests.Watch;

public class WatchEventTests
{
    private readonly WatchFixture _watch = new();

    [Fact]
    public void Publish_TransactionOfSeveralKeys_IsOneNoticeInOrder()
    {
        _watch.Stream.Create(WatchFixture.Everything());
        _watch.Take();

        _watch.Store.Write(("c", "1"), ("a", "1"), ("b", null));

        Assert.Equal(["0: put c=1@2 put a=1@2 delete b@2 (2)"], _watch.Take());
    }

    [Fact]
    public void Publish_SeveralRevisionsBeforeTheSenderLooks_ShareANotice()
    {
        _watch.Stream.Create(WatchFixture.Key("a"));
        _watch.Take();

        _watch.Store.Put("a", "1");
        _watch.Store.Put("a", "2");

        Assert.Equal(["0: put a=1@2 put a=2@3 (3)"], _watch.Take());
    }

    [Fact]
    public void Publish_SeveralWatchersOfAKey_ShareTheEncodedEvent()
    {
        _watch.Stream.Create(WatchFixture.Key("a"));
        _watch.Stream.Create(WatchFixture.Everything());
        _watch.Take();

        _watch.Store.Put("a");

        Assert.True(_watch.Stream.TryTake(out WatchNotice first));
        ReadOnlyMemory<byte> encoded = first.Events.Span[0];
        Assert.True(_watch.Stream.TryTake(out WatchNotice second));
        Assert.True(encoded.Span == second.Events.Span[0].Span);
    }

    [Fact]
    public void Publish_FilteredKinds_AreLeftOutLiveAndFromHistory()
    {
        _watch.Store.Put("a", "1");
        _watch.Store.Delete("a");
        _watch.Stream.Create(WatchFixture.Key("a", start: 2) with { WithoutPuts = true });
        _watch.Stream.Create(WatchFixture.Key("a", start: 2) with { WithoutDeletes = true });
        _watch.CatchUp();
        _watch.Store.Put("a", "2");
        _watch.Store.Delete("a");

        Assert.Equal(
            ["0: created (3)", "0: delete a@3 delete a@5 (5)", "1: created (3)", "1: put a=1@2 put a=2@4 (4)"],
            _watch.Take());
    }

    [Fact]
    public void Publish_PreviousValueWanted_ComesWithEventsOfKeysThatExisted()
    {
        _watch.Stream.Create(WatchFixture.Key("a") with { WithPreviousKeyValue = true });
        _watch.Take();

        _watch.Store.Put("a", "1");
        _watch.Store.Put("a", "2");
        _watch.Store.Delete("a");
        _watch.Store.Put("a", "3");

        Assert.Equal(["0: put a=1@2 put a=2@3[was 1@2] delete a@4[was 2@3] put a=3@5 (5)"], _watch.Take());
    }

    [Fact]
    public void Publish_PreviousValueCompacted_IsLeftOut()
    {
        _watch.Store.Put("a", "1");
        _watch.Stream.Create(WatchFixture.Key("a") with { WithPreviousKeyValue = true });
        _watch.Take();

        _watch.Store.Put("a", "2");
        _watch.Store.Compact(3);

        Assert.Equal(["0: put a=2@3 (3)"], _watch.Take());
    }

    [Fact]
    public void TryTake_ManySmallRevisions_AreCutAtTheSizeLimitBetweenRevisions()
    {
        var watch = new WatchFixture(new WatchOptions { ResponseBytesMax = 100 });
        watch.Stream.Create(WatchFixture.Everything());
        watch.Take();

        watch.Store.Write(("a", "1"), ("b", "1"));
        watch.Store.Write(("c", "1"), ("d", "1"));
        watch.Store.Write(("e", "1"), ("f", "1"));
        watch.Store.Write(("g", "1"), ("h", "1"));

        // An event here has 15 bytes, so three pairs fit.
        Assert.Equal(
            ["0: put a=1@2 put b=1@2 put c=1@3 put d=1@3 put e=1@4 put f=1@4 (4)", "0: put g=1@5 put h=1@5 (5)"],
            watch.Take());
    }

    [Fact]
    public void TryTake_LargeRevisionWithoutFragments_IsOneNotice()
    {
        var watch = new WatchFixture(new WatchOptions { ResponseBytesMax = 32 });
        watch.Stream.Create(WatchFixture.Everything());
        watch.Take();

        watch.Store.Write(("a", "1"), ("b", "1"), ("c", "1"), ("d", "1"), ("e", "1"));
        watch.Store.Put("f", "1");

        Assert.Equal(["0: put a=1@2 put b=1@2 put c=1@2 put d=1@2 put e=1@2 (2)", "0: put f=1@3 (3)"], watch.Take());
    }

    [Fact]
    public void TryTake_LargeRevisionWithFragments_ComesInPartsWithTheFlagOnAllButTheLast()
    {
        var watch = new WatchFixture(new WatchOptions { ResponseBytesMax = 32 });
        watch.Stream.Create(WatchFixture.Everything() with { AllowsFragments = true });
        watch.Take();

        watch.Store.Write(("a", "1"), ("b", "1"), ("c", "1"), ("d", "1"), ("e", "1"));
        watch.Store.Put("f", "1");

        Assert.Equal(
            ["0: put a=1@2 put b=1@2 (2+)", "0: put c=1@2 put d=1@2 (2+)", "0: put e=1@2 (2)", "0: put f=1@3 (3)"],
            watch.Take());
    }

    [Fact]
    public void TryTake_SingleEventLargerThanTheLimit_IsNotAFragment()
    {
        var watch = new WatchFixture(new WatchOptions { ResponseBytesMax = 32 });
        watch.Stream.Create(WatchFixture.Key("a") with { AllowsFragments = true });
        watch.Take();

        watch.Store.Put("a", new string('x', 40));

        Assert.Equal([$"0: put a={new string('x', 40)}@2 (2)"], watch.Take());
    }

    [Fact]
    public async Task HoldWakeUps_AroundSeveralPublications_WakesTheSenderOnceAtTheEnd()
    {
        _watch.Stream.Create(WatchFixture.Everything());
        _watch.Take();
        ValueTask<bool> wait = _watch.Stream.WaitAsync(TestContext.Current.CancellationToken);

        _watch.Hub.HoldWakeUps();
        _watch.Store.Put("a", "1");
        _watch.Store.Put("b", "1");
        Assert.False(wait.IsCompleted);
        _watch.Hub.ReleaseWakeUps();

        Assert.True(await wait);
        Assert.Equal(["0: put a=1@2 put b=1@3 (3)"], _watch.Take());
    }

    [Fact]
    public async Task Publish_SenderWaits_IsWoken()
    {
        _watch.Stream.Create(WatchFixture.Key("a"));
        _watch.Take();
        ValueTask<bool> wait = _watch.Stream.WaitAsync(TestContext.Current.CancellationToken);

        _watch.Store.Put("b");
        Assert.False(wait.IsCompleted);
        _watch.Store.Put("a");

        Assert.True(await wait);
    }

    [Fact]
    public void IsWanted_NoLiveWatcher_IsFalseSoThatTheStoreMakesNoEvents()
    {
        Assert.False(_watch.Hub.IsWanted);
        _watch.Stream.Create(WatchFixture.Key("a", start: 10));
        Assert.True(_watch.Hub.IsWanted);
        _watch.Stream.Cancel(0);
        Assert.False(_watch.Hub.IsWanted);
    }
}
