using System.Threading.Channels;

using Etcd.V2.Events;

namespace Etcd.V2.Watching;

/// <summary>Waits for events at a path. Made by <see cref="V2Store.Watch"/>; one reader.</summary>
/// <remarks>What happens faster than it is read is kept up to <see cref="EventsMax"/> events. Then the watcher is dropped: it ends, and the
/// client asks again from the index it has seen. Nothing ever waits for it.</remarks>
public sealed class V2Watcher : IDisposable
{
    /// <summary>Events that may wait to be read, as in etcd.</summary>
    public const int EventsMax = 100;

    private readonly WatcherHub _hub;
    private readonly Queue<V2Event> _past;
    private readonly Channel<V2Event> _events = Channel.CreateBounded<V2Event>(
        new BoundedChannelOptions(EventsMax) { SingleReader = true, SingleWriter = true });

    private ulong _nextIndex;

    internal V2Watcher(
        WatcherHub hub, string path, bool isRecursive, bool isStream, ulong sinceIndex, ulong startIndex, IEnumerable<V2Event> past)
    {
        _hub = hub;
        Path = path;
        IsRecursive = isRecursive;
        IsStream = isStream;
        _nextIndex = sinceIndex;
        StartIndex = startIndex;
        _past = new Queue<V2Event>(past);
        if (_past.Count > 0)
        {
            _nextIndex = _past.Last().Index + 1;
        }
    }

    /// <summary>Index of the tree when the watcher was made: everything up to it was there to be read before.</summary>
    public ulong StartIndex { get; }

    /// <summary>Whether it goes on after the first event.</summary>
    public bool IsStream { get; }

    internal string Path { get; }

    internal bool IsRecursive { get; }

    /// <summary>Whether what it asked for had happened already: it need not wait.</summary>
    internal bool HasPast => _past.Count > 0;

    /// <summary>Place among the watchers of its path; the hub's own.</summary>
    internal LinkedListNode<V2Watcher>? Place { get; set; }

    /// <summary>The next event.</summary>
    /// <returns><see langword="null"/> when there will be none: the watcher was dropped, or the tree replaced.</returns>
    public async ValueTask<V2Event?> NextAsync(CancellationToken cancellationToken)
    {
        if (_past.TryDequeue(out V2Event? happened))
        {
            return happened;
        }

        return await _events.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false) && _events.Reader.TryRead(out happened)
            ? happened
            : null;
    }

    /// <summary>Stops waiting.</summary>
    public void Dispose() => _hub.Remove(this);

    /// <summary>Offers an event; under the hub's lock.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="isAtPath">Whether it happened at the very path that is watched.</param>
    /// <param name="isForced">Whether the path itself goes with a directory above it.</param>
    /// <returns>Whether the watcher is through: it has what it waited for, or too much waits to be read.</returns>
    internal bool Offer(V2Event happened, bool isAtPath, bool isForced)
    {
        // An event reaches a watcher once, even where a deletion is announced for a node and for what was below it.
        if (!(IsRecursive || isAtPath || isForced) || happened.Index < _nextIndex)
        {
            return false;
        }

        _nextIndex = happened.Index + 1;
        bool taken = _events.Writer.TryWrite(happened);
        return !taken || !IsStream;
    }

    internal void End() => _events.Writer.TryComplete();
}
