using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using static Etcd.Mvcc.Tests.Store.StoreBench;

namespace Etcd.Mvcc.Tests.Store;

// What watchers are told, live and from history, must be the same.
public sealed class HistoryTests : IDisposable
{
    private readonly StoreBench _bench = new();
    private readonly RecordingSink _sink = new();

    public HistoryTests() => _bench.Store.AttachEventSink(_sink);

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void TryReadEvents_AnyHistory_EqualsTheLiveEvents()
    {
        MakeHistory();
        string[] live = [.. _sink.Lines];

        Assert.Equal(live, Read(1, _bench.Store.CurrentRevision));
        _bench.Restart();
        Assert.Equal(live, Read(1, _bench.Store.CurrentRevision));
    }

    [Fact]
    public void TryReadEvents_SmallChunks_NeverSplitARevision()
    {
        MakeHistory();
        var lines = new List<string>();
        long next = 1;
        while (next <= _bench.Store.CurrentRevision)
        {
            var events = new List<KeyEvent>();
            Assert.True(_bench.Store.TryReadEvents(next, _bench.Store.CurrentRevision, _ => true, 1, events, out long last));
            Assert.True(events.Select(one => one.Revision.Main).Distinct().Count() <= 1);
            Assert.True(last >= next);
            lines.AddRange(events.Select(RecordingSink.Line));
            next = last + 1;
        }

        Assert.Equal(_sink.Lines, lines);
    }

    [Fact]
    public void TryReadEvents_Filter_SkipsOtherKeys()
    {
        MakeHistory();

        string[] ofA = [.. _sink.Lines.Where(line => line.Contains(" a", StringComparison.Ordinal))];

        var events = new List<KeyEvent>();
        Assert.True(_bench.Store.TryReadEvents(1, _bench.Store.CurrentRevision, key => key.SequenceEqual("a"u8), long.MaxValue, events, out _));
        Assert.Equal(ofA, events.Select(RecordingSink.Line));
    }

    [Fact]
    public void TryReadEvents_BelowCompaction_IsRefusedAndAtItIsWhole()
    {
        MakeHistory();
        long revision = _bench.Store.CurrentRevision - 2;
        string[] expected = [.. _sink.Events.Where(one => one.Revision.Main >= revision).Select(RecordingSink.Line)];
        _bench.Compact(revision);

        Assert.False(_bench.Store.TryReadEvents(revision - 1, revision, _ => true, 1000, [], out _));
        Assert.Equal(expected, Read(revision, _bench.Store.CurrentRevision));
    }

    [Fact]
    public void EncodedEventWithPrevious_HasTheStateBefore_UnlessCompacted()
    {
        _bench.Put("a", "1");
        _bench.Put("a", "2");
        _bench.Delete("a");

        Event[] events = [.. _sink.Events.Select(one => Event.Parser.ParseFrom(one.EncodedEventWithPrevious(_bench.Store).Span))];
        Assert.Null(events[0].PrevKv);
        Assert.Equal("a=1 c2 m2 v1 l0", Line(events[1].PrevKv));
        Assert.Equal("a=2 c2 m3 v2 l0", Line(events[2].PrevKv));

        _bench.Put("a", "3");
        _bench.Put("a", "4");
        _bench.Compact(6);
        Assert.Null(Event.Parser.ParseFrom(_sink.Events[^1].EncodedEventWithPrevious(_bench.Store).Span).PrevKv);
    }

    [Fact]
    public void Publish_NobodyListens_IsNotCalled()
    {
        _sink.IsWanted = false;
        _bench.Put("a", "1");
        Assert.Empty(_sink.Events);

        _sink.IsWanted = true;
        _bench.Put("a", "2");
        Assert.Equal(["MODIFY a=2 3_0"], _sink.Lines);
    }

    private void MakeHistory()
    {
        _bench.Put("a", "1");
        _bench.Put("b", "1");
        _bench.Backend.Commit();
        _bench.Txn(new TxnRequest
        {
            Success =
            {
                new RequestOp { RequestPut = new PutRequest { Key = Bytes("a"), Value = Bytes("2") } },
                new RequestOp { RequestPut = new PutRequest { Key = Bytes("c"), Value = Bytes("1") } },
                new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = Bytes("b") } },
            },
        });
        _bench.Delete("nothing");
        _bench.Delete("a", "z");
        _bench.Put("a", "3");
    }

    private IEnumerable<string> Read(long from, long to)
    {
        var events = new List<KeyEvent>();
        Assert.True(_bench.Store.TryReadEvents(from, to, _ => true, long.MaxValue, events, out long last));
        Assert.Equal(to, last);
        return events.Select(RecordingSink.Line);
    }
}
