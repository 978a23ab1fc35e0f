namespace Etcd.Mvcc.Watch;

/// <summary>Watchers of the same keys. Adding and removing cost the same however many there are.</summary>
internal sealed class WatcherSet(KeyInterval keys)
{
    private Watcher[] _watchers = new Watcher[1];

    public KeyInterval Keys { get; } = keys;

    public int Count { get; private set; }

    public ReadOnlySpan<Watcher> Watchers => _watchers.AsSpan(0, Count);

    /// <summary>Adds a watcher.</summary>
    /// <returns>Its position, until another one is removed.</returns>
    public int Add(Watcher watcher)
    {
        if (Count == _watchers.Length)
        {
            Array.Resize(ref _watchers, Count * 2);
        }

        _watchers[Count] = watcher;
        return Count++;
    }

    /// <summary>Removes the watcher at a position; the last one takes its place.</summary>
    /// <returns>The watcher that is at the position now, or <see langword="null"/>.</returns>
    public Watcher? RemoveAt(int position)
    {
        Count--;
        Watcher? moved = position == Count ? null : _watchers[Count];
        _watchers[position] = _watchers[Count];
        _watchers[Count] = null!;
        return moved;
    }
}
