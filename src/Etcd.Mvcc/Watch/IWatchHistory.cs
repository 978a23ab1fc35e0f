namespace Etcd.Mvcc.Watch;

/// <summary>The past of the store as watchers read it. Any thread; a read never blocks apply.</summary>
public interface IWatchHistory : IKeyHistory
{
    /// <summary>Newest revision that reads can see. Never goes back.</summary>
    long CurrentRevision { get; }

    /// <summary>Revision of the last compaction, 0 or less when there was none. Events of this revision itself can still be read.</summary>
    long CompactRevision { get; }

    /// <summary>Reads the events of a span of revisions in order, without splitting a revision.</summary>
    /// <param name="fromRevision">First main revision wanted, at least 1.</param>
    /// <param name="toRevision">Last main revision wanted, at most <see cref="CurrentRevision"/>.</param>
    /// <param name="filter">Keys wanted; an event of another key is not made.</param>
    /// <param name="bytesMax">Stop after the revision with which the keys and values read, wanted or not, reach this many bytes.</param>
    /// <param name="events">Receives the events.</param>
    /// <param name="lastRevision">Last revision that was read in full, between <paramref name="fromRevision"/> and
    /// <paramref name="toRevision"/>; it equals the latter when all were read.</param>
    /// <returns><see langword="false"/>, and no events, when <paramref name="fromRevision"/> lies below <see cref="CompactRevision"/>.
    /// A compaction that starts during the read does not tear holes into what is returned.</returns>
    bool TryReadEvents(
        long fromRevision,
        long toRevision,
        KeyFilter filter,
        long bytesMax,
        List<KeyEvent> events,
        out long lastRevision);
}
