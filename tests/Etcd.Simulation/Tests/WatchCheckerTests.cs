using Etcd.Simulation.Checkers;
using Etcd.Simulation.Schedule;

namespace Etcd.Simulation.Tests;

/// <summary>The checker itself: it must let right sessions pass and no wrong one.</summary>
public sealed class WatchCheckerTests
{
    private readonly StoreHistory _history = new(new EventQueue(new RunTrace()));
    private readonly WatchSession _session = new("w0", "a", "z") { From = 2, WantsPrevious = true };

    public WatchCheckerTests()
    {
        _history.Add("m0", 2, [Put("1")]);
        _history.Add("m0", 3, [Put("2")]);
        _history.Add("m0", 4, [Put("3")]);
    }

    [Fact]
    public void Session_EachRevisionWithWhatWasBefore_IsRight()
    {
        Deliver(2, "1", null);
        Deliver(3, "2", "1");
        Deliver(4, "3", "2");

        Assert.Null(Violation());
    }

    [Fact]
    public void Session_RevisionMissing_IsWrong()
    {
        Deliver(2, "1", null);
        Deliver(4, "3", "2");

        Assert.Contains("w0: revision 3 is", Violation(), StringComparison.Ordinal);
    }

    [Fact]
    public void Session_RevisionMissingBelowProgress_IsWrong()
    {
        Deliver(2, "1", null);
        _session.Progress = 3;

        Assert.Contains("w0: revision 3 is", Violation(), StringComparison.Ordinal);
    }

    [Fact]
    public void Session_RevisionsCompacted_NeedNotBeDelivered()
    {
        _session.Compacted.Add((2, 3));
        Deliver(4, "3", "2");

        Assert.Null(Violation());
    }

    [Fact]
    public void Event_WithoutWhatWasBefore_IsWrong()
    {
        Deliver(2, "1", null);
        Deliver(3, "2", null);

        Assert.Contains("at 3 was 1, the watcher got", Violation(), StringComparison.Ordinal);
    }

    // The revision before that of a compaction cannot be read any more.
    [Fact]
    public void Event_WithoutWhatWasBeforeAtTheCompaction_IsRight()
    {
        Deliver(2, "1", null, compactionAskedMax: 3);
        Deliver(3, "2", null, compactionAskedMax: 3);

        Assert.Null(Violation());
    }

    [Fact]
    public void Event_WithoutWhatWasBeforeAboveTheCompaction_IsWrong()
    {
        Deliver(2, "1", null, compactionAskedMax: 2);
        Deliver(3, "2", null, compactionAskedMax: 2);

        Assert.Contains("at 3 was 1, the watcher got", Violation(), StringComparison.Ordinal);
    }

    [Fact]
    public void Event_WithWhatWasNotBefore_IsWrong()
    {
        Deliver(2, "1", null);
        Deliver(3, "2", "7", compactionAskedMax: 3);

        Assert.Contains("at 3 was 1, the watcher got 7", Violation(), StringComparison.Ordinal);
    }

    private static Change Put(string value) => new("k", IsDelete: false, value, Version: 1, CreateRevision: 2, Lease: 0);

    private void Deliver(long revision, string value, string? previous, long compactionAskedMax = 0) =>
        _session.Delivered.Add((revision, [new WatchedChange(Put(value), previous, compactionAskedMax)]));

    private string? Violation() => new WatchChecker(_history).FindViolation(_session);
}
