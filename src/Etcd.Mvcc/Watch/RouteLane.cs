namespace Etcd.Mvcc.Watch;

/// <summary>Links of an <see cref="EventRouter"/> inside a watcher or a stream. One field for each router, since both may be at work.</summary>
internal struct RouteLane
{
    /// <summary>Index of the first match of the watcher, plus 1; 0 = none.</summary>
    public int FirstMatch;

    /// <summary>Index of the last match of the watcher, plus 1.</summary>
    public int LastMatch;

    /// <summary>Of a watcher: the next one of the same stream. Of a stream: its first watcher.</summary>
    public Watcher? NextWatcher;

    /// <summary>Of a stream: its last watcher.</summary>
    public Watcher? LastWatcher;
}
