using System.Text;

using Etcd.Mvcc.Watch;
using Etcd.Protocol.Kv;
using Etcd.Testing;

namespace Etcd.Mvcc.Tests.Watch;

/// <summary>A hub over a history in memory, on a manual clock, stepped by hand.</summary>
internal sealed class WatchFixture
{
    public WatchFixture(WatchOptions? options = null)
    {
        Hub = new WatchHub(Store, Clock, options ?? new WatchOptions());
        Store.Sink = Hub;
        Stream = Hub.OpenStream();
    }

    public MemoryHistory Store { get; } = new();

    public ManualTimeProvider Clock { get; } = new();

    public WatchHub Hub { get; }

    /// <summary>A stream that is open from the start.</summary>
    public WatchStream Stream { get; }

    public static WatchSpec Key(string key, long start = 0) => new() { Key = Encoding.UTF8.GetBytes(key), StartRevision = start };

    public static WatchSpec Range(string key, string end, long start = 0) =>
        Key(key, start) with { RangeEnd = Encoding.UTF8.GetBytes(end) };

    public static WatchSpec Everything(long start = 0) => new() { Key = new byte[1], RangeEnd = new byte[1], StartRevision = start };

    /// <summary>Runs the pump until it has nothing to do.</summary>
    public void CatchUp()
    {
        while (Hub.RunRound())
        {
        }
    }

    /// <summary>Everything that waits on the stream, each notice as one line.</summary>
    public string[] Take(WatchStream? stream = null)
    {
        var lines = new List<string>();
        while ((stream ?? Stream).TryTake(out WatchNotice notice))
        {
            lines.Add(Describe(notice));
        }

        return [.. lines];
    }

    public string TakeOne()
    {
        Assert.True(Stream.TryTake(out WatchNotice notice), "nothing waits");
        return Describe(notice);
    }

    /// <summary>For instance <c>0: put a=1@5 delete b@6 (6)</c>, the header's revision in parentheses.</summary>
    public static string Describe(WatchNotice notice) => notice.Kind switch
    {
        WatchNoticeKind.Events => $"{notice.WatchId}: {string.Join(' ', Events(notice).Select(Describe))} ({notice.Revision}"
            + (notice.IsFragment ? "+)" : ")"),
        WatchNoticeKind.Compacted => $"{notice.WatchId}: compacted {notice.CompactRevision} ({notice.Revision})",
        WatchNoticeKind.Refused => $"{notice.WatchId}: refused {notice.Reason} ({notice.Revision})",
        WatchNoticeKind kind => $"{notice.WatchId}: {kind.ToString().ToLowerInvariant()} ({notice.Revision})",
    };

    public static IEnumerable<Event> Events(WatchNotice notice) =>
        notice.Events.ToArray().Select(encoded => Event.Parser.ParseFrom(encoded.Span));

    private static string Describe(Event change)
    {
        string key = change.Kv.Key.ToStringUtf8();
        string text = change.Type == Event.Types.EventType.Delete
            ? $"delete {key}@{change.Kv.ModRevision}"
            : $"put {key}={change.Kv.Value.ToStringUtf8()}@{change.Kv.ModRevision}";
        return change.PrevKv is null ? text : $"{text}[was {change.PrevKv.Value.ToStringUtf8()}@{change.PrevKv.ModRevision}]";
    }
}
