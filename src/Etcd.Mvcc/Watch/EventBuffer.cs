namespace Etcd.Mvcc.Watch;

/// <summary>Events of one watcher in order. The array is kept for reuse unless it has grown large.</summary>
internal sealed class EventBuffer
{
    private const int KeptCapacityMax = 256;

    private KeyEvent[] _events = [];

    public int Count { get; private set; }

    /// <summary>Memory that the events are reckoned at.</summary>
    public long Bytes { get; private set; }

    public KeyEvent this[int index] => _events[index];

    /// <summary>Memory that one event is reckoned at.</summary>
    public static int SizeOf(KeyEvent change) => change.Key.Length + change.EncodedKeyValue.Length + 64;

    public void Add(KeyEvent change)
    {
        if (Count == _events.Length)
        {
            Array.Resize(ref _events, Math.Max(4, Count * 2));
        }

        _events[Count++] = change;
        Bytes += SizeOf(change);
    }

    public void Clear()
    {
        if (_events.Length > KeptCapacityMax)
        {
            _events = [];
        }
        else
        {
            Array.Clear(_events, 0, Count);
        }

        Count = 0;
        Bytes = 0;
    }

    /// <summary>Exchanges the contents of two buffers.</summary>
    public void Swap(EventBuffer other)
    {
        (_events, other._events) = (other._events, _events);
        (Count, other.Count) = (other.Count, Count);
        (Bytes, other.Bytes) = (other.Bytes, Bytes);
    }

    /// <summary>Moves the events up to a revision to the end of another buffer.</summary>
    public void MoveUpTo(long revision, EventBuffer destination)
    {
        int moved = 0;
        while (moved < Count && _events[moved].Revision.Main <= revision)
        {
            Bytes -= SizeOf(_events[moved]);
            destination.Add(_events[moved++]);
        }

        Array.Copy(_events, moved, _events, 0, Count - moved);
        Array.Clear(_events, Count - moved, moved);
        Count -= moved;
    }
}
