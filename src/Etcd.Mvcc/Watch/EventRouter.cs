namespace Etcd.Mvcc.Watch;

/// <summary>Sorts matches of events and watchers by stream and watcher, in one pass and without allocating.</summary>
/// <remarks>Events come in order of revision and leave in that order for each watcher. So a stream is locked once for a whole
/// publication and never shows half a revision. One router works on <see cref="Watcher.LiveLane"/> under the hub's lock,
/// the other on <see cref="Watcher.CatchUpLane"/> in the pump.</remarks>
internal sealed class EventRouter(bool isLive)
{
    private Match[] _matches = new Match[64];
    private int _count;
    private readonly List<WatchStream> _streams = [];

    /// <summary>Streams with at least one match.</summary>
    public IReadOnlyList<WatchStream> Streams => _streams;

    public void Add(Watcher watcher, KeyEvent change)
    {
        if (_count == _matches.Length)
        {
            Array.Resize(ref _matches, _count * 2);
        }

        _matches[_count++] = new Match { Event = change };
        ref RouteLane lane = ref LaneOf(watcher);
        if (lane.FirstMatch != 0)
        {
            _matches[lane.LastMatch - 1].Next = _count;
            lane.LastMatch = _count;
            return;
        }

        lane.FirstMatch = lane.LastMatch = _count;
        ref RouteLane streamLane = ref LaneOf(watcher.Stream);
        if (streamLane.LastWatcher is null)
        {
            streamLane.NextWatcher = watcher;
            _streams.Add(watcher.Stream);
        }
        else
        {
            LaneOf(streamLane.LastWatcher).NextWatcher = watcher;
        }

        streamLane.LastWatcher = watcher;
    }

    /// <summary>First watcher of a stream that has matches.</summary>
    public Watcher? FirstWatcherOf(WatchStream stream) => LaneOf(stream).NextWatcher;

    /// <summary>The watcher after <paramref name="watcher"/> in the same stream.</summary>
    public Watcher? NextWatcher(Watcher watcher) => LaneOf(watcher).NextWatcher;

    /// <summary>First match of a watcher; 0 when it has none.</summary>
    public int FirstMatchOf(Watcher watcher) => LaneOf(watcher).FirstMatch;

    /// <summary>Event of a match, and the match after it; 0 = it was the last.</summary>
    public KeyEvent EventOf(int match, out int next)
    {
        ref readonly Match found = ref _matches[match - 1];
        next = found.Next;
        return found.Event;
    }

    /// <summary>Forgets all matches.</summary>
    public void Clear()
    {
        foreach (WatchStream stream in _streams)
        {
            Watcher? watcher = LaneOf(stream).NextWatcher;
            LaneOf(stream) = default;
            while (watcher is not null)
            {
                Watcher? next = LaneOf(watcher).NextWatcher;
                LaneOf(watcher) = default;
                watcher = next;
            }
        }

        _streams.Clear();
        Array.Clear(_matches, 0, _count);
        _count = 0;
    }

    private ref RouteLane LaneOf(Watcher watcher) => ref isLive ? ref watcher.LiveLane : ref watcher.CatchUpLane;

    private ref RouteLane LaneOf(WatchStream stream) => ref isLive ? ref stream.LiveLane : ref stream.CatchUpLane;

    private struct Match
    {
        public KeyEvent Event;
        public int Next;
    }
}
