using Etcd.V2.Events;
using Etcd.V2.Paths;

namespace Etcd.V2.Watching;

/// <summary>Who waits for what, and what has happened lately. Apply announces, request threads come and go; the lock is held for the
/// moments of looking up and handing over, never while somebody waits.</summary>
internal sealed class WatcherHub
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedList<V2Watcher>> _watchers = [];
    private EventHistory _history = new();
    private volatile int _count;

    /// <summary>Watchers that wait.</summary>
    internal int Count => _count;

    internal EventHistory CopyHistory()
    {
        lock (_gate)
        {
            return _history.Copy();
        }
    }

    /// <summary>Replaces the history; all watchers end, for what happened in between was never announced to them.</summary>
    internal void Replace(EventHistory history)
    {
        lock (_gate)
        {
            _history = history;
            foreach (V2Watcher watcher in _watchers.Values.SelectMany(watchers => watchers))
            {
                watcher.Place = null;
                watcher.End();
            }

            _watchers.Clear();
            _count = 0;
        }
    }

    /// <summary>Makes a watcher.</summary>
    /// <returns>The watcher, or the refusal: the history asked for is gone.</returns>
    internal (V2Watcher? Watcher, V2Error? Error) Watch(string path, bool recursive, bool stream, ulong sinceIndex, ulong treeIndex)
    {
        lock (_gate)
        {
            if (sinceIndex < _history.StartIndex)
            {
                return (null, new V2Error(
                    V2ErrorCode.EventIndexCleared,
                    $"the requested history has been cleared [{_history.StartIndex}/{sinceIndex}]",
                    treeIndex));
            }

            IEnumerable<V2Event> past = sinceIndex > _history.LastIndex ? [] : _history.Matching(path, recursive, sinceIndex);
            var watcher = new V2Watcher(this, path, recursive, stream, sinceIndex, treeIndex, stream ? past : past.Take(1));
            if (stream || !watcher.HasPast)
            {
                Register(watcher);
            }
            else
            {
                watcher.End();
            }

            return (watcher, null);
        }
    }

    /// <summary>Adds an event of which no watcher is told.</summary>
    internal void Add(V2Event happened)
    {
        lock (_gate)
        {
            _history.Add(happened);
        }
    }

    /// <summary>Announces an event: first to those who watch what went with it, then along its path from the root down.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="gonePaths">Paths of the nodes that went, where the event is the end of a subtree.</param>
    internal void Announce(V2Event happened, IEnumerable<string>? gonePaths = null)
    {
        lock (_gate)
        {
            if (_count > 0 && gonePaths is not null)
            {
                foreach (string path in gonePaths)
                {
                    Offer(happened, path, isForced: true);
                }
            }

            _history.Add(happened);
            if (_count > 0)
            {
                OfferAlong(happened);
            }
        }
    }

    /// <summary>Takes a watcher out; again does nothing.</summary>
    internal void Remove(V2Watcher watcher)
    {
        lock (_gate)
        {
            Unregister(watcher);
            watcher.End();
        }
    }

    private void OfferAlong(V2Event happened)
    {
        string key = happened.Node.Key;
        Offer(happened, KeyPath.Root, isForced: false);
        for (int end = key.IndexOf('/', 1); end > 0; end = key.IndexOf('/', end + 1))
        {
            Offer(happened, key[..end], isForced: false);
        }

        if (key.Length > 1)
        {
            Offer(happened, key, isForced: false);
        }
    }

    private void Offer(V2Event happened, string path, bool isForced)
    {
        if (!_watchers.TryGetValue(path, out LinkedList<V2Watcher>? watchers))
        {
            return;
        }

        bool isAtPath = happened.Node.Key == path;
        if (!isAtPath && KeyPath.IsHiddenFrom(path, happened.Node.Key))
        {
            return;
        }

        LinkedListNode<V2Watcher>? next;
        for (LinkedListNode<V2Watcher>? place = watchers.First; place is not null; place = next)
        {
            next = place.Next;
            if (place.Value.Offer(happened, isAtPath, isForced))
            {
                Unregister(place.Value);
                place.Value.End();
            }
        }
    }

    private void Register(V2Watcher watcher)
    {
        if (!_watchers.TryGetValue(watcher.Path, out LinkedList<V2Watcher>? watchers))
        {
            _watchers.Add(watcher.Path, watchers = new LinkedList<V2Watcher>());
        }

        watcher.Place = watchers.AddLast(watcher);
        _count++;
    }

    private void Unregister(V2Watcher watcher)
    {
        if (watcher.Place is not { } place)
        {
            return;
        }

        watcher.Place = null;
        _count--;
        LinkedList<V2Watcher> watchers = place.List!;
        watchers.Remove(place);
        if (watchers.Count == 0)
        {
            _watchers.Remove(watcher.Path);
        }
    }
}
