using Etcd.Protocol.Kv;

namespace Etcd.Mvcc.Tests.Store;

/// <summary>Writes down the events of a store, after looking that they are readable and well formed.</summary>
internal sealed class RecordingSink : IEventSink
{
    public bool IsWanted { get; set; } = true;

    public List<KeyEvent> Events { get; } = [];

    /// <summary>One line an event.</summary>
    public IEnumerable<string> Lines => Events.Select(Line);

    public static string Line(KeyEvent one)
    {
        KeyValue pair = KeyValue.Parser.ParseFrom(one.EncodedKeyValue.Span);
        Assert.Equal(one.Key.ToArray(), pair.Key.ToByteArray());
        Assert.Equal(one.Revision.Main, pair.ModRevision);
        Event message = Event.Parser.ParseFrom(one.EncodedEvent.Span);
        Assert.Equal(pair, message.Kv);
        Assert.Equal(one.IsDelete, message.Type == Event.Types.EventType.Delete);
        string text = StoreBench.Text(pair.Key);
        return one.IsDelete ? $"DELETE {text} {one.Revision}"
            : $"{(one.IsCreate ? "CREATE" : "MODIFY")} {text}={StoreBench.Text(pair.Value)} {one.Revision}";
    }

    public void Publish(long revision, IReadOnlyList<KeyEvent> events)
    {
        Assert.NotEmpty(events);
        Assert.All(events, one => Assert.Equal(revision, one.Revision.Main));
        Events.AddRange(events);
    }
}
