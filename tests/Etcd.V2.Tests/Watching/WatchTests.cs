using Etcd.V2.Events;
using Etcd.V2.Watching;

namespace Etcd.V2.Tests.Watching;

public sealed class WatchTests
{
    private readonly TestTree _tree = new();

    [Fact]
    public async Task Watch_Key_HearsOfItsNextChange()
    {
        using V2Watcher watcher = _tree.Watch("/a");

        _tree.Set("/b", "1");
        _tree.Set("/a", "2");

        Assert.Equal("set /a 2", await NextAsync(watcher));
    }

    [Fact]
    public async Task Watch_NotAStream_EndsAfterOneEvent()
    {
        using V2Watcher watcher = _tree.Watch("/a");

        _tree.Set("/a", "1");
        _tree.Set("/a", "2");

        Assert.Equal("set /a 1", await NextAsync(watcher));
        Assert.Null(await NextAsync(watcher));
        Assert.Equal(0, _tree.Store.WatcherCount);
    }

    [Fact]
    public async Task Watch_Recursive_HearsOfWhatIsBelowAndNotHidden()
    {
        using V2Watcher watcher = _tree.Watch("/d", recursive: true, stream: true);

        _tree.Set("/d/_h/a", "1");
        _tree.Set("/d/x/_h", "2");
        _tree.Set("/dd", "3");
        _tree.Set("/d/x/y", "4");

        Assert.Equal("set /d/x/y 4", await NextAsync(watcher));
    }

    [Fact]
    public async Task Watch_HiddenKeyItself_HearsOfIt()
    {
        using V2Watcher watcher = _tree.Watch("/_h/a");

        _tree.Set("/_h/a", "1");

        Assert.Equal("set /_h/a 1", await NextAsync(watcher));
    }

    [Fact]
    public async Task Watch_NotRecursive_DoesNotHearOfWhatIsBelow()
    {
        using V2Watcher watcher = _tree.Watch("/d", stream: true);

        _tree.Set("/d/a", "1");
        _tree.Update("/d", "", ttlSeconds: 3);

        Assert.Equal("update /d ", await NextAsync(watcher));
    }

    [Fact]
    public async Task Watch_BelowADirectoryThatGoes_HearsOfIt()
    {
        _tree.Set("/d/x/y", "1");
        using V2Watcher watcher = _tree.Watch("/d/x/y");

        _tree.Delete("/d", recursive: true);

        Assert.Equal("delete /d ", await NextAsync(watcher));
    }

    // Real etcd announces such a deletion twice to a stream on the very path; once says all there is to say.
    [Fact]
    public async Task Watch_StreamOnADeletedKey_HearsOfItOnce()
    {
        _tree.Set("/a", "1");
        using V2Watcher watcher = _tree.Watch("/a", stream: true);

        _tree.Delete("/a");
        _tree.Set("/a", "2");

        Assert.Equal("delete /a ", await NextAsync(watcher));
        Assert.Equal("set /a 2", await NextAsync(watcher));
    }

    [Fact]
    public async Task Watch_SinceAPastIndex_FindsTheFirstMatchFromThere()
    {
        _tree.Set("/a", "1");
        _tree.Set("/b", "2");
        _tree.Set("/a", "3");

        Assert.Equal("set /a 1", await NextAsync(_tree.Watch("/a", since: 1)));
        Assert.Equal("set /a 3", await NextAsync(_tree.Watch("/a", since: 2)));
    }

    [Fact]
    public async Task Watch_SinceTheFuture_WaitsForIt()
    {
        using V2Watcher watcher = _tree.Watch("/a", since: 3);

        _tree.Set("/a", "1");
        _tree.Set("/a", "2");
        _tree.Set("/a", "3");

        Assert.Equal("set /a 3", await NextAsync(watcher));
    }

    // Real etcd sends one event of the past and is silent for ever after; a stream is for all events.
    [Fact]
    public async Task Watch_StreamSinceAPastIndex_GoesOnWithoutGap()
    {
        _tree.Set("/a", "1");
        _tree.Set("/a", "2");
        using V2Watcher watcher = _tree.Watch("/a", stream: true, since: 1);

        _tree.Set("/a", "3");

        Assert.Equal("set /a 1", await NextAsync(watcher));
        Assert.Equal("set /a 2", await NextAsync(watcher));
        Assert.Equal("set /a 3", await NextAsync(watcher));
    }

    [Fact]
    public void Watch_SinceAnIndexNoLongerKept_IsRefused()
    {
        for (int i = 0; i < 1001; i++)
        {
            _tree.Set("/a", $"{i}");
        }

        Assert.Equal(
            new V2Error(V2ErrorCode.EventIndexCleared, "the requested history has been cleared [2/1]", 1001), _tree.RefusedWatch("/a", 1));
        Assert.Null(_tree.RefusedWatch("/a", 2));
    }

    [Fact]
    public async Task Watch_ReaderTooSlow_GetsWhatWaitsAndThenTheEnd()
    {
        using V2Watcher watcher = _tree.Watch("/a", stream: true);
        for (int i = 0; i < V2Watcher.EventsMax + 50; i++)
        {
            _tree.Set("/a", $"{i}");
        }

        for (int i = 0; i < V2Watcher.EventsMax; i++)
        {
            Assert.Equal($"set /a {i}", await NextAsync(watcher));
        }

        Assert.Null(await NextAsync(watcher));
        Assert.Equal(0, _tree.Store.WatcherCount);
    }

    [Fact]
    public async Task Recover_WatchersEnd()
    {
        using V2Watcher watcher = _tree.Watch("/a", stream: true);

        _tree.Store.Recover(new TestTree().Store.TakeDump().ToJson());

        Assert.Null(await NextAsync(watcher));
    }

    [Fact]
    public void Dispose_TakesTheWatcherOut()
    {
        _tree.Watch("/a").Dispose();

        Assert.Equal(0, _tree.Store.WatcherCount);
    }

    [Fact]
    public async Task Watch_WhileOthersWrite_MissesNothing()
    {
        const int Writes = 3000;
        using V2Watcher watcher = _tree.Watch("/a", stream: true, since: 1);
        var writer = Task.Run(async () =>
        {
            for (int i = 1; i <= Writes; i++)
            {
                _tree.Set("/a", $"{i}");
                if (i % 50 == 0)
                {
                    await Task.Yield();
                }
            }
        }, TestContext.Current.CancellationToken);

        // A watcher that was dropped asks again from the index after the one it has seen.
        ulong seen = 0;
        V2Watcher current = watcher;
        while (seen < Writes)
        {
            if (await current.NextAsync(TestContext.Current.CancellationToken) is { } happened)
            {
                Assert.Equal(seen + 1, happened.Index);
                seen = happened.Index;
            }
            else
            {
                (V2Watcher? again, V2Error? gone) = _tree.Store.Watch("/1/a", false, true, seen + 1);
                if (gone is not null)
                {
                    // Only what the history no longer has may be missed.
                    seen = _tree.Index - 500;
                    again = _tree.Watch("/a", stream: true, since: seen + 1);
                }

                current = again!;
            }
        }

        await writer;
    }

    private static async Task<string?> NextAsync(V2Watcher watcher)
    {
        V2Event? happened = await watcher.NextAsync(TestContext.Current.CancellationToken);
        return happened is null ? null : $"{happened.Action} {happened.Node.Key[V2NameSpaces.Keys.Length..]} {happened.Node.Value}";
    }
}
