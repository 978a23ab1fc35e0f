using Etcd.Mvcc.Watch;

namespace Etcd.Mvcc.Tests.Watch;

public class WatchCatchUpTests
{
    private static readonly WatchOptions Small = new()
    {
        StreamPendingBytesFree = 300,
        StreamPendingBytesMax = 300,
        TotalPendingBytesMax = 0,
    };

    [Fact]
    public void Publish_StreamIsFull_WatcherLeavesTheLiveFeedAndMissesNothing()
    {
        var watch = new WatchFixture(Small);
        watch.Stream.Create(WatchFixture.Key("a"));
        watch.Take();
        for (int i = 0; i < 10; i++)
        {
            watch.Store.Put("a", $"{i}");
        }

        Assert.Equal(1, watch.Hub.SlowWatcherCount);
        Assert.False(watch.Hub.IsWanted);
        string[] first = watch.Take();
        watch.CatchUp();
        string[] second = watch.Take();
        watch.CatchUp();
        string[] third = watch.Take();

        Assert.Equal(["0: put a=0@2 put a=1@3 put a=2@4 put a=3@5 (5)"], first);
        Assert.Equal(["0: put a=4@6 put a=5@7 put a=6@8 put a=7@9 (9)"], second);
        Assert.Equal(["0: put a=8@10 put a=9@11 (11)"], third);
        Assert.Equal(0, watch.Hub.SlowWatcherCount);
    }

    [Fact]
    public void Publish_RevisionReachesTheLimit_IsTakenWhole()
    {
        var watch = new WatchFixture(Small);
        watch.Stream.Create(WatchFixture.Everything());
        watch.Take();
        watch.Store.Put("a", "1");

        watch.Store.Write([.. Enumerable.Range(0, 10).Select(i => ($"k{i}", (string?)"v"))]);
        watch.Store.Put("b", "1");

        string whole = string.Join(' ', Enumerable.Range(0, 10).Select(i => $"put k{i}=v@3"));
        Assert.Equal([$"0: put a=1@2 {whole} (3)"], watch.Take());
        watch.CatchUp();
        Assert.Equal(["0: put b=1@4 (4)"], watch.Take());
    }

    // A slow stream must never hold back apply or another stream.
    [Fact]
    public void Publish_OneStreamIsStalled_OthersGetEverythingLive()
    {
        var watch = new WatchFixture(Small);
        using WatchStream stalled = watch.Hub.OpenStream();
        stalled.Create(WatchFixture.Key("a"));
        watch.Stream.Create(WatchFixture.Key("a"));
        List<string> lines = [];
        for (int i = 0; i < 1000; i++)
        {
            watch.Store.Put("a", $"{i}");
            lines.AddRange(watch.Take());
        }

        Assert.Equal(1001, lines.Count);
        Assert.Equal(0, watch.Store.Reads);
        Assert.InRange(stalled.Queue.PendingEvents, 1, 5);
    }

    [Fact]
    public void RunRound_StalledStream_IsLeftAloneUntilItDrains()
    {
        var watch = new WatchFixture(Small);
        watch.Stream.Create(WatchFixture.Key("a"));
        for (int i = 0; i < 10; i++)
        {
            watch.Store.Put("a");
        }

        watch.CatchUp();
        watch.CatchUp();

        Assert.Equal(0, watch.Store.Reads);
    }

    [Fact]
    public void RunRound_LongHistory_IsReadInBoundedChunksWithoutSplittingARevision()
    {
        var watch = new WatchFixture(new WatchOptions { CatchUpRevisionsMax = 3 });
        for (int i = 0; i < 8; i++)
        {
            watch.Store.Write(("a", $"{i}"), ("b", $"{i}"));
        }

        watch.Stream.Create(WatchFixture.Everything(start: 2));
        watch.Take();
        List<string> lines = [];
        while (watch.Hub.RunRound())
        {
            lines.AddRange(watch.Take());
        }

        Assert.Equal(
            [
                "0: put a=0@2 put b=0@2 put a=1@3 put b=1@3 put a=2@4 put b=2@4 (4)",
                "0: put a=3@5 put b=3@5 put a=4@6 put b=4@6 put a=5@7 put b=5@7 (7)",
                "0: put a=6@8 put b=6@8 put a=7@9 put b=7@9 (9)",
            ],
            lines);
    }

    [Fact]
    public void RunRound_BytesOfHistoryReachTheLimit_GoesOnInTheNextRound()
    {
        var watch = new WatchFixture(new WatchOptions { CatchUpBytesMax = 1 });
        for (int i = 0; i < 3; i++)
        {
            watch.Store.Put("a", $"{i}");
        }

        watch.Stream.Create(WatchFixture.Key("a", start: 2));
        watch.CatchUp();

        Assert.Equal(["0: created (4)", "0: put a=0@2 put a=1@3 put a=2@4 (4)"], watch.Take());
        Assert.Equal(3, watch.Store.Reads);
    }

    // With more watchers than a round serves and reads that end early, those in front must not be served over and over.
    [Fact]
    public void RunRound_MoreWatchersThanARoundServesAndShortReads_MovesTheFurthestBehind()
    {
        var watch = new WatchFixture(new WatchOptions { CatchUpWatchersMax = 2, CatchUpBytesMax = 1 });
        for (int i = 0; i < 10; i++)
        {
            watch.Store.Put("a");
        }

        for (int i = 0; i < 6; i++)
        {
            watch.Stream.Create(WatchFixture.Key("a", start: 2 + (i / 2)));
        }

        for (int round = 0; round < 200 && watch.Hub.RunRound(); round++)
        {
        }

        Assert.Equal(0, watch.Hub.SlowWatcherCount);
        Assert.Equal(6, watch.Take().Count(line => line.EndsWith("put a=v@11 (11)", StringComparison.Ordinal)));
    }

    [Fact]
    public void RunRound_ManyWatchersCloseTogether_ShareOneRead()
    {
        var watch = new WatchFixture();
        for (int i = 0; i < 20; i++)
        {
            watch.Store.Put($"k{i}");
        }

        for (int i = 0; i < 20; i++)
        {
            watch.Stream.Create(WatchFixture.Key($"k{i}", start: 2 + i));
        }

        watch.CatchUp();

        Assert.Equal(1, watch.Store.Reads);
        Assert.Equal(20, watch.Take().Count(line => line.Contains("put")));
    }

    // The race of the hand-over: what is published while the last chunk is read comes once, after it.
    [Fact]
    public void RunRound_PublishedDuringTheLastRead_ComesOnceAndInOrder()
    {
        var watch = new WatchFixture();
        watch.Store.Put("a", "1");
        watch.Store.Put("a", "2");
        watch.Stream.Create(WatchFixture.Key("a", start: 2));
        watch.Store.DuringRead = () =>
        {
            watch.Store.DuringRead = null;
            watch.Store.Put("a", "3");
            watch.Store.Put("b", "3");
            watch.Store.Put("a", "4");
        };
        watch.CatchUp();
        watch.Store.Put("a", "5");

        Assert.Equal(["0: created (3)", "0: put a=1@2 put a=2@3 put a=3@4 put a=4@6 put a=5@7 (7)"], watch.Take());
        Assert.Equal(1, watch.Store.Reads);
    }

    [Fact]
    public void RunRound_MorePublishedDuringTheReadThanMayBeHeld_ReadsAgain()
    {
        var watch = new WatchFixture(new WatchOptions { CatchUpBytesMax = 500 });
        watch.Store.Put("a", "0");
        watch.Stream.Create(WatchFixture.Key("a", start: 2));
        watch.Store.DuringRead = () =>
        {
            watch.Store.DuringRead = null;
            for (int i = 1; i < 30; i++)
            {
                watch.Store.Put("a", $"{i}");
            }
        };
        watch.CatchUp();

        string expected = string.Join(' ', Enumerable.Range(0, 30).Select(i => $"put a={i}@{i + 2}"));
        Assert.Equal(["0: created (2)", $"0: {expected} (31)"], watch.Take());
        Assert.InRange(watch.Store.Reads, 2, 10);
    }

    [Fact]
    public void RunRound_CancelledDuringTheRead_SeesNothing()
    {
        var watch = new WatchFixture();
        watch.Store.Put("a");
        watch.Stream.Create(WatchFixture.Key("a", start: 2));
        watch.Store.DuringRead = () => watch.Stream.Cancel(0);

        watch.CatchUp();

        Assert.Equal(["0: created (2)", "0: canceled (2)"], watch.Take());
        Assert.Equal((0, 0), (watch.Hub.WatcherCount, watch.Hub.SlowWatcherCount));
    }

    [Fact]
    public void RunRound_StreamDisposedDuringTheRead_EndsQuietly()
    {
        var watch = new WatchFixture();
        watch.Store.Put("a");
        watch.Stream.Create(WatchFixture.Key("a", start: 2));
        watch.Store.DuringRead = watch.Stream.Dispose;

        watch.CatchUp();

        Assert.Equal(0, watch.Hub.StreamCount);
        Assert.False(watch.Hub.IsWanted);
    }

    // Incident #17529: a slow watcher lost events to a compaction without being told. What waits already is sent; then the client is told to start over.
    [Fact]
    public void RunRound_CompactedWhileStalled_EndsTheWatcherAfterWhatWaits()
    {
        var watch = new WatchFixture(Small);
        watch.Stream.Create(WatchFixture.Key("a"));
        watch.Take();
        for (int i = 0; i < 10; i++)
        {
            watch.Store.Put("a", $"{i}");
        }

        watch.Store.Compact(9);
        string[] first = watch.Take();
        watch.CatchUp();

        Assert.Equal(["0: put a=0@2 put a=1@3 put a=2@4 put a=3@5 (5)"], first);
        Assert.Equal(["0: compacted 9 (0)"], watch.Take());
    }

    [Fact]
    public void RunRound_CompactedBetweenTheCheckAndTheRead_EndsTheWatcher()
    {
        var watch = new WatchFixture();
        watch.Store.Put("a", "1");
        watch.Store.Put("a", "2");
        watch.Store.Put("a", "3");
        watch.Stream.Create(WatchFixture.Key("x", start: 4));
        watch.Stream.Create(WatchFixture.Key("a", start: 2));
        watch.Take();
        var compacting = new CompactingHistory(watch.Store, compactRevision: 4);
        watch.Hub.Restore(compacting);

        watch.CatchUp();

        Assert.Equal(["1: compacted 4 (0)"], watch.Take());
        watch.Store.Put("x", "5");
        Assert.Equal(["0: put x=5@5 (5)"], watch.Take());
    }

    [Fact]
    public void Budget_UsedUpByOneStream_LeavesTheFreePartToOthers()
    {
        var watch = new WatchFixture(new WatchOptions
        {
            StreamPendingBytesFree = 300,
            StreamPendingBytesMax = 10 * PendingBudget.StepBytes,
            TotalPendingBytesMax = PendingBudget.StepBytes,
        });
        using WatchStream second = watch.Hub.OpenStream();
        watch.Stream.Create(WatchFixture.Key("a"));
        second.Create(WatchFixture.Key("b"));
        string value = new('x', 60_000);
        for (int i = 0; i < 10; i++)
        {
            watch.Store.Put("a", value);
        }

        for (int i = 0; i < 10; i++)
        {
            watch.Store.Put("b");
        }

        // One step holds five of the large events; the other stream has its free part.
        Assert.Equal(5, watch.Stream.Queue.PendingEvents);
        Assert.Equal(4, second.Queue.PendingEvents);

        watch.Take();
        for (int i = 0; i < 100; i++)
        {
            watch.CatchUp();
            watch.Take(second);
        }

        Assert.Equal(0, watch.Hub.PendingEvents - watch.Stream.Queue.PendingEvents);
        Assert.Equal(5, watch.Stream.Queue.PendingEvents);
    }

    // A sender that waits for its client has what it has taken in memory: many such streams would else each have the whole budget.
    [Fact]
    public void Budget_OfWhatASenderHasTaken_IsKeptUntilItComesForMore()
    {
        var watch = new WatchFixture(new WatchOptions
        {
            StreamPendingBytesFree = 300,
            StreamPendingBytesMax = 10 * PendingBudget.StepBytes,
            TotalPendingBytesMax = PendingBudget.StepBytes,
        });
        using WatchStream second = watch.Hub.OpenStream();
        watch.Stream.Create(WatchFixture.Key("a"));
        second.Create(WatchFixture.Key("b"));
        string value = new('x', 60_000);
        for (int i = 0; i < 5; i++)
        {
            watch.Store.Put("a", value);
        }

        watch.TakeOne();
        watch.TakeOne();
        for (int i = 0; i < 10; i++)
        {
            watch.Store.Put("b", value);
        }

        Assert.Equal((0, 1), (watch.Stream.Queue.PendingEvents, second.Queue.PendingEvents));

        watch.Take();
        watch.Take(second);
        watch.CatchUp();
        Assert.Equal(5, second.Queue.PendingEvents);
    }

    // Incident #15271: after a partition the watch went back in time.
    [Fact]
    public void Restore_SnapshotInstalled_GoesOnBehindWhatWasDelivered()
    {
        var watch = new WatchFixture();
        watch.Stream.Create(WatchFixture.Key("a"));
        watch.Stream.Create(WatchFixture.Key("a", start: 6));
        watch.Store.Put("a", "1");
        watch.Store.Put("a", "2");
        watch.Take();

        var installed = new MemoryHistory();
        foreach (string value in new[] { "1", "2", "3", "4", "5" })
        {
            installed.Put("a", value);
        }

        installed.Sink = watch.Hub;
        watch.Hub.Restore(installed);
        watch.CatchUp();
        installed.Put("a", "6");

        Assert.Equal(
            ["0: put a=3@4 put a=4@5 put a=5@6 put a=6@7 (7)", "1: put a=5@6 put a=6@7 (7)"],
            watch.Take().Order());
    }

    [Fact]
    public void Restore_SnapshotWasCompactedAboveADeliveredRevision_EndsTheWatcher()
    {
        var watch = new WatchFixture();
        watch.Stream.Create(WatchFixture.Key("a"));
        watch.Store.Put("a", "1");
        watch.Take();

        var installed = new MemoryHistory();
        for (int i = 0; i < 9; i++)
        {
            installed.Put("a");
        }

        installed.Compact(8);
        watch.Hub.Restore(installed);
        watch.CatchUp();

        Assert.Equal(["0: compacted 8 (0)"], watch.Take());
    }

    /// <summary>A history whose compaction happens just before the first read.</summary>
    private sealed class CompactingHistory(MemoryHistory inner, long compactRevision) : IWatchHistory
    {
        public long CurrentRevision => inner.CurrentRevision;

        public long CompactRevision => inner.CompactRevision;

        public bool TryReadEvents(
            long fromRevision,
            long toRevision,
            KeyFilter filter,
            long bytesMax,
            List<KeyEvent> events,
            out long lastRevision)
        {
            inner.Compact(compactRevision);
            return inner.TryReadEvents(fromRevision, toRevision, filter, bytesMax, events, out lastRevision);
        }

        public bool TryGetAt(ReadOnlySpan<byte> key, long revision, out ReadOnlyMemory<byte> encodedKeyValue) =>
            inner.TryGetAt(key, revision, out encodedKeyValue);
    }
}
