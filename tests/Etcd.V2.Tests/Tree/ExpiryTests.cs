using Etcd.V2.Events;
using Etcd.V2.Watching;

namespace Etcd.V2.Tests.Tree;

public sealed class ExpiryTests
{
    private readonly TestTree _tree = new();

    [Fact]
    public void Set_WithTtl_ShowsWhenItGoesAndSecondsLeft()
    {
        Assert.Equal(
            """{"action":"set","node":{"key":"/foo","value":"bar","expiration":"2030-01-01T00:00:20Z","ttl":20,"modifiedIndex":1,"createdIndex":1}}""",
            TestTree.Reply(_tree.Set("/foo", "bar", ttlSeconds: 20)));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(999_999_999, 1)]
    [InlineData(1_000_000_000, 1)]
    [InlineData(1_000_000_001, 2)]
    public void Ttl_IsRoundedUp(long nanoseconds, long seconds)
    {
        V2Result result = _tree.Store.Set("/1/a", false, "1", new V2Expiry(TestTree.Now + nanoseconds, false), TestTree.Now);

        Assert.Equal(seconds, result.Event!.Node.TtlSeconds);
    }

    [Fact]
    public void DeleteExpired_BeforeItsTime_KeepsIt()
    {
        _tree.Set("/a", "1", ttlSeconds: 5);

        _tree.Expire(afterSeconds: 4);

        Assert.NotNull(_tree.Get("/a").Event);
        Assert.True(_tree.Store.HasExpiringNodes);
    }

    [Fact]
    public async Task DeleteExpired_AtItsTime_TakesOneIndexForEachNode()
    {
        _tree.Set("/late", "1", ttlSeconds: 6);
        _tree.Set("/early", "1", ttlSeconds: 5);
        using V2Watcher watcher = _tree.Watch("/", recursive: true, stream: true);

        _tree.Expire(afterSeconds: 6);

        Assert.Equal(4UL, _tree.Index);
        Assert.Equal("expire /1/early 3", await NextAsync(watcher));
        Assert.Equal("expire /1/late 4", await NextAsync(watcher));
        Assert.False(_tree.Store.HasExpiringNodes);
    }

    [Fact]
    public void DeleteExpired_Directory_TakesAllBelow()
    {
        _tree.MakeDirectory("/d", ttlSeconds: 1);
        _tree.Set("/d/a", "1", ttlSeconds: 100);

        _tree.Expire(afterSeconds: 1);

        Assert.Equal(V2ErrorCode.KeyNotFound, _tree.Get("/d").Error!.Code);
        Assert.False(_tree.Store.HasExpiringNodes);
    }

    [Fact]
    public void Update_WithoutTtl_LetsItStay()
    {
        _tree.Set("/a", "1", ttlSeconds: 5);

        _tree.Update("/a", "1");
        _tree.Expire(afterSeconds: 100);

        Assert.NotNull(_tree.Get("/a").Event);
    }

    [Fact]
    public void Set_OverANodeWithTtl_ForgetsTheOldTime()
    {
        _tree.Set("/a", "1", ttlSeconds: 5);

        _tree.Set("/a", "2");
        _tree.Expire(afterSeconds: 100);

        Assert.Equal("2", _tree.Get("/a").Event!.Node.Value);
    }

    [Fact]
    public async Task Refresh_KeepsTheValueAndTellsNoWatcher()
    {
        _tree.Set("/a", "1", ttlSeconds: 5);
        using V2Watcher watcher = _tree.Watch("/a", stream: true);

        Assert.Equal("1", _tree.Set("/a", "", ttlSeconds: 50, refresh: true).Event!.Node.Value);
        Assert.Equal("1", _tree.Update("/a", "", ttlSeconds: 60, refresh: true).Event!.Node.Value);
        _tree.Expire(afterSeconds: 55);
        _tree.Set("/a", "2");

        Assert.Equal("set /1/a 4", await NextAsync(watcher));
    }

    [Fact]
    public void Refresh_MissingKey_IsRefused() =>
        Assert.Equal(V2ErrorCode.KeyNotFound, _tree.Set("/a", "", ttlSeconds: 5, refresh: true).Error!.Code);

    // Real etcd takes times before 2000 for a client's mistake.
    [Fact]
    public void Create_WithATimeLongPast_Stays()
    {
        _tree.Store.Create("/1/a", false, "1", new V2Expiry(1, false), TestTree.Now);

        Assert.False(_tree.Store.HasExpiringNodes);
    }

    private static async Task<string> NextAsync(V2Watcher watcher)
    {
        V2Event happened = (await watcher.NextAsync(TestContext.Current.CancellationToken))!;
        return $"{happened.Action} {happened.Node.Key} {happened.Index}";
    }
}
