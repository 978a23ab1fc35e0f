using Etcd.Mvcc.Tests.Store;
using Etcd.Mvcc.Tests.Watch;
using Etcd.Mvcc.Watch;
using Etcd.Testing;

namespace Etcd.Mvcc.Tests.Install;

// Watchers of a follower that is caught up by a snapshot: what they see is ordered and without a gap, or they are told that it is compacted.
public sealed class WatchOverInstallTests : IDisposable
{
    private readonly StoreBench _leader = new();
    private readonly StoreBench _follower = new();
    private readonly WatchHub _hub;
    private readonly WatchStream _stream;

    public WatchOverInstallTests()
    {
        _hub = new WatchHub(_follower.Store, new ManualTimeProvider(), new WatchOptions());
        _follower.Store.AttachEventSink(_hub);
        _stream = _hub.OpenStream();
    }

    public void Dispose()
    {
        _stream.Dispose();
        _leader.Dispose();
        _follower.Dispose();
    }

    // Incident #15271: after a partition a watcher was given revisions it had seen.
    [Fact]
    public void Watcher_SnapshotSkipsRevisions_SeesThemOnceAndInOrder()
    {
        _stream.Create(WatchFixture.Everything());
        PutBoth("a", "1");
        Assert.Equal(["0: created (1)", "0: put a=1@2 (2)"], Take());
        _leader.Put("a", "2");
        _leader.Put("b", "1");
        _leader.Delete("a");

        Install();
        _leader.Put("c", "1");
        _follower.Put("c", "1");

        Assert.Equal(["0: put a=2@3 put b=1@4 delete a@5 put c=1@6 (6)"], Take());
    }

    [Fact]
    public void Watcher_WhatTheSnapshotSkipsIsCompacted_IsCancelledWithTheCompactRevision()
    {
        _stream.Create(WatchFixture.Everything());
        PutBoth("a", "1");
        _leader.Put("a", "2");
        _leader.Put("a", "3");
        _leader.Compact(4);

        Install();

        Assert.Equal(["0: created (1)", "0: put a=1@2 (2)", "0: compacted 4 (0)"], Take());
        Assert.Equal(0, _hub.WatcherCount);
    }

    [Fact]
    public void Watcher_CompactedExactlyWhereItGoesOn_MissesNothing()
    {
        _stream.Create(WatchFixture.Everything());
        PutBoth("a", "1");
        _leader.Delete("a");
        _leader.Compact(3);

        Install();

        Assert.Equal(["0: created (1)", "0: put a=1@2 delete a@3 (3)"], Take());
    }

    [Fact]
    public void Watcher_OfTheFutureWithinTheSnapshot_BeginsAtItsStart()
    {
        _stream.Create(WatchFixture.Everything(start: 4));
        PutBoth("a", "1");
        _leader.Put("a", "2");
        _leader.Put("a", "3");
        _leader.Put("a", "4");

        Install();

        Assert.Equal(["0: created (1)", "0: put a=3@4 put a=4@5 (5)"], Take());
    }

    [Fact]
    public void Watcher_OfTheFutureBehindTheSnapshot_SeesNothingOfIt()
    {
        _stream.Create(WatchFixture.Everything(start: 4));
        PutBoth("a", "1");
        _leader.Put("a", "2");

        Install();
        _follower.Put("a", "3");

        Assert.Equal(["0: created (1)", "0: put a=3@4 (4)"], Take());
    }

    [Fact]
    public void Watcher_CreatedBetweenInstallationAndRestore_GoesOnFromTheStateItWasTold()
    {
        PutBoth("a", "1");
        _leader.Put("a", "2");
        Receive();
        _follower.Backend.Install(ReceivedDatabase.Path);
        _stream.Create(WatchFixture.Everything());
        _follower.Store.Reload();
        _stream.Create(WatchFixture.Everything());

        _hub.Restore(_follower.Store);

        Assert.Equal(["0: created (2)", "0: put a=2@3 (3)", "1: created (3)"], Take());
    }

    [Fact]
    public void Watcher_BehindAtTheInstallation_GoesOnWhereItWas()
    {
        for (int i = 0; i < 5; i++)
        {
            PutBoth("a", $"{i}");
        }

        _stream.Create(WatchFixture.Everything(start: 3));
        _leader.Put("a", "5");

        Install();

        Assert.Equal(["0: created (6)", "0: put a=1@3 put a=2@4 put a=3@5 put a=4@6 put a=5@7 (7)"], Take());
    }

    [Fact]
    public void Watcher_SeveralInstallations_SeesEachRevisionOnce()
    {
        _stream.Create(WatchFixture.Key("a"));
        var seen = new List<string>();
        for (int round = 0; round < 4; round++)
        {
            PutBoth("a", $"{round}");
            _leader.Put("a", $"{round}+");
            Install();
            seen.AddRange(Take().SelectMany(line => line.Split(' ')).Where(word => word.StartsWith("a=", StringComparison.Ordinal)));
        }

        Assert.Equal(["a=0@2", "a=0+@3", "a=1@4", "a=1+@5", "a=2@6", "a=2+@7", "a=3@8", "a=3+@9"], seen);
    }

    [Fact]
    public void Progress_AskedForAcrossAnInstallation_ComesAfterWhatTheSnapshotSkipped()
    {
        _stream.Create(WatchFixture.Everything());
        PutBoth("a", "1");
        _leader.Put("a", "2");
        Receive();
        _follower.Install(ReceivedDatabase.Path);
        _hub.Restore(_follower.Store);

        _stream.RequestProgress();

        Assert.Equal(["0: created (1)", "0: put a=1@2 put a=2@3 (3)", "-1: progress (3)"], Take());
    }

    private void PutBoth(string key, string value)
    {
        _leader.Put(key, value);
        _follower.Put(key, value);
    }

    private void Receive() => ReceivedDatabase.Write(_follower.Disk, ReceivedDatabase.Of(_leader.Backend));

    private void Install()
    {
        Receive();
        _follower.Install(ReceivedDatabase.Path);
        _hub.Restore(_follower.Store);
    }

    private string[] Take()
    {
        while (_hub.RunRound())
        {
        }

        var lines = new List<string>();
        while (_stream.TryTake(out WatchNotice notice))
        {
            lines.Add(WatchFixture.Describe(notice));
        }

        return [.. lines];
    }
}
