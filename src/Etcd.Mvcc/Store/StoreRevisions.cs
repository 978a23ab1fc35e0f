namespace Etcd.Mvcc;

/// <summary>How far the store has come, read by every thread and moved by the apply thread.</summary>
internal sealed class StoreRevisions(long current, long compact)
{
    private long _current = current;
    private long _compact = compact;

    /// <summary>Newest revision that can be read; 1 before the first write.</summary>
    public long Current => Volatile.Read(ref _current);

    /// <summary>Last compaction; -1 before the first. Reads below it fail.</summary>
    public long Compact => Volatile.Read(ref _compact);

    /// <summary>Lets readers see a revision whose changes are all in index and backend.</summary>
    /// <remarks>A full fence: what the caller reads afterwards cannot have been read before (see <see cref="IEventSink.IsWanted"/>).</remarks>
    public void Publish(long revision) => Interlocked.Exchange(ref _current, revision);

    /// <summary>Forbids reads below a revision, before anything is taken away.</summary>
    public void Forbid(long belowRevision) => Interlocked.Exchange(ref _compact, belowRevision);
}
