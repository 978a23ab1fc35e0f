using Etcd.Mvcc.Tests.Store;
using Etcd.Mvcc.Watch;
using Etcd.Testing;

namespace Etcd.Mvcc.Tests.Watch;

/// <summary>Watchers over the real store, where it must keep something for them.</summary>
public sealed class WatchOverStoreTests : IDisposable
{
    private readonly StoreBench _bench = new();

    public void Dispose() => _bench.Dispose();

    // Incident #18089: a compaction at the revision of a deletion took the event from a watcher that starts there.
    [Fact]
    public void Create_StartIsCompactRevisionOfADeletion_SeesTheDeletion()
    {
        _bench.Put("a", "1");
        _bench.Delete("a");
        _bench.Compact(3);

        Assert.Equal(["0: created (3)", "0: delete a@3 (3)"], Watch(WatchFixture.Key("a", start: 3)));
    }

    // Incident #19179: the same, after a restart, and with a later write behind it.
    [Fact]
    public void Create_StartIsCompactRevisionOfADeletionAfterARestart_SeesTheDeletion()
    {
        _bench.Put("a", "1");
        _bench.Put("b", "1");
        _bench.Delete("a");
        _bench.Compact(4);
        _bench.Restart();
        _bench.Put("a", "2");

        Assert.Equal(["0: created (5)", "0: delete a@4 put a=2@5 (5)"], Watch(WatchFixture.Key("a", start: 4)));
    }

    [Fact]
    public void Create_PreviousValueWanted_ComesFromTheStore()
    {
        _bench.Put("a", "1");
        _bench.Put("a", "2");
        _bench.Delete("a");

        Assert.Equal(
            ["0: created (4)", "0: put a=1@2 put a=2@3[was 1@2] delete a@4[was 2@3] (4)"],
            Watch(WatchFixture.Key("a", start: 2) with { WithPreviousKeyValue = true }));
    }

    // A lease's keys go in one revision, ascending.
    [Fact]
    public void DeleteKeys_OfARevokedLease_IsOneNoticeInOrder()
    {
        var hub = NewHub();
        using WatchStream stream = hub.OpenStream();
        _bench.Put("a", "1");
        _bench.Put("b", "1");
        stream.Create(WatchFixture.Everything());

        _bench.InEntry(() => _bench.Store.DeleteKeys(["a"u8.ToArray(), "b"u8.ToArray()]));

        Assert.Equal(["0: created (3)", "0: delete a@4 delete b@4 (4)"], Take(stream));
    }

    private string[] Watch(WatchSpec spec)
    {
        WatchHub hub = NewHub();
        using WatchStream stream = hub.OpenStream();
        stream.Create(spec);
        while (hub.RunRound())
        {
        }

        return Take(stream);
    }

    private WatchHub NewHub()
    {
        var hub = new WatchHub(_bench.Store, new ManualTimeProvider(), new WatchOptions());
        _bench.Store.AttachEventSink(hub);
        return hub;
    }

    private static string[] Take(WatchStream stream)
    {
        var lines = new List<string>();
        while (stream.TryTake(out WatchNotice notice))
        {
            lines.Add(WatchFixture.Describe(notice));
        }

        return [.. lines];
    }
}
