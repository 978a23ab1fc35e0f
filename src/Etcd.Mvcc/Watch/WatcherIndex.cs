namespace Etcd.Mvcc.Watch;

/// <summary>Watchers by the keys they watch. Not thread-safe: the live one is guarded by the hub's lock, the one of a catch-up
/// round is the pump's own.</summary>
internal sealed class WatcherIndex
{
    private readonly Dictionary<ReadOnlyMemory<byte>, WatcherSet> _byKey = new(KeyBytesComparer.Instance);
    private readonly Dictionary<ReadOnlyMemory<byte>, WatcherSet>.AlternateLookup<ReadOnlySpan<byte>> _bySpan;
    private readonly IntervalTree _byRange = new();

    public WatcherIndex()
    {
        _bySpan = _byKey.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public bool IsEmpty => _byKey.Count == 0 && _byRange.IsEmpty;

    /// <summary>Adds a watcher.</summary>
    /// <returns>Where it is, for <see cref="Remove"/>.</returns>
    public (WatcherSet Set, int Position) Add(Watcher watcher)
    {
        KeyInterval keys = watcher.Keys;
        WatcherSet? set;
        if (!keys.IsSingle)
        {
            set = _byRange.GetOrAdd(keys);
        }
        else if (!_byKey.TryGetValue(keys.Begin, out set))
        {
            set = new WatcherSet(keys);
            _byKey.Add(keys.Begin, set);
        }

        return (set, set.Add(watcher));
    }

    /// <summary>Removes the watcher at a place that <see cref="Add"/> gave.</summary>
    /// <returns>The watcher that is at the place now, or <see langword="null"/>.</returns>
    public Watcher? Remove(WatcherSet set, int position)
    {
        Watcher? moved = set.RemoveAt(position);
        if (set.Count > 0)
        {
            return moved;
        }

        if (set.Keys.IsSingle)
        {
            _byKey.Remove(set.Keys.Begin);
        }
        else
        {
            _byRange.Remove(set.Keys);
        }

        return null;
    }

    /// <summary>Adds the sets of all watchers of a key.</summary>
    public void Collect(ReadOnlySpan<byte> key, List<WatcherSet> found)
    {
        if (_byKey.Count > 0 && _bySpan.TryGetValue(key, out WatcherSet? set))
        {
            found.Add(set);
        }

        _byRange.Collect(key, found);
    }

    /// <summary>Whether anyone watches a key.</summary>
    public bool Contains(ReadOnlySpan<byte> key) => (_byKey.Count > 0 && _bySpan.ContainsKey(key)) || _byRange.Contains(key);

    public void Clear()
    {
        _byKey.Clear();
        _byRange.Clear();
    }
}
