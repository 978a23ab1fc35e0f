namespace Etcd.Mvcc;

/// <summary>Receives the changes of each write transaction; the watch hub is one.</summary>
public interface IEventSink
{
    /// <summary>
    /// Whether anybody listens. When false the store makes no events and does not call <see cref="Publish"/>.
    /// </summary>
    /// <remarks>
    /// Read on the apply thread after the new revision became visible. A listener that sets it to true and then reads
    /// <c>MvccStore.CurrentRevision</c>, with a full fence between, gets every later revision published.
    /// </remarks>
    bool IsWanted { get; }

    /// <summary>Takes the events of one revision, in order; called on the apply thread once they are readable. Must not block.</summary>
    /// <param name="revision">Main revision of all of them.</param>
    /// <param name="events">Never empty; the list is the sink's to keep.</param>
    void Publish(long revision, IReadOnlyList<KeyEvent> events);
}
