namespace Etcd.Grpc.Server.Http2;

/// <summary>Starts the calls of a connection: each on a thread of the pool, for those of one connection are independent of each other. One that comes
/// alone may run on the reader's own thread; and while too many replies wait for the client, calls wait too, each until its deadline at most.</summary>
internal sealed class CallStarter(ServerConnection connection)
{
    private const int DeferredMax = 10_000;

    /// <summary>How late a call that waits may be told that its time is over, or be started when the client has taken a part of what waits and nothing
    /// else happens on the connection.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private readonly List<ServerStream> _arrived = [];
    private readonly Queue<ServerStream> _deferred = new();
    private int _deferredCount;
    private ITimer? _timer; // while calls wait

    /// <summary>Whether so many calls wait to be started that further ones are refused.</summary>
    public bool IsFull => Volatile.Read(ref _deferredCount) >= DeferredMax;

    /// <summary>How many calls the last read brought. Reader only.</summary>
    public int StartedLast { get; private set; }

    /// <summary>Notes a call of the read in progress. Reader only.</summary>
    public void Add(ServerStream stream) => _arrived.Add(stream);

    /// <summary>Starts what the read has brought. Reader only.</summary>
    /// <returns>A call that the reader may run itself, or <see langword="null"/>.</returns>
    public ServerStream? StartArrived()
    {
        StartedLast = _arrived.Count;
        if (_arrived.Count == 0)
        {
            return null;
        }

        ServerStream? lone = null;
        if (Volatile.Read(ref _deferredCount) > 0 || connection.IsCongested)
        {
            DeferArrived();
        }
        else if (_arrived.Count == 1 && _arrived[0] is { RemoteEnded: true, Call.IsUnary: true } only && connection.IsLone)
        {
            lone = only;
        }
        else
        {
            foreach (ServerStream stream in _arrived)
            {
                ThreadPool.UnsafeQueueUserWorkItem(stream, preferLocal: false);
            }
        }

        _arrived.Clear();
        return lone;
    }

    /// <summary>Starts calls that wait, if the client has taken enough meanwhile. Any thread.</summary>
    public void StartDeferred()
    {
        while (Volatile.Read(ref _deferredCount) > 0 && !connection.IsCongested)
        {
            ServerStream? next;
            lock (_lock)
            {
                _deferred.TryDequeue(out next);
                Volatile.Write(ref _deferredCount, _deferred.Count);
            }

            if (next is not null)
            {
                ThreadPool.UnsafeQueueUserWorkItem(next, preferLocal: false);
            }
        }
    }

    /// <summary>Lets a call wait that was to be run now: those before it have filled what is kept for the client.</summary>
    /// <returns><see langword="false"/> when it need not.</returns>
    public bool TryDefer(ServerStream stream)
    {
        if (!connection.HoldsUp(stream) || stream.IsOver || stream.IsOverdue)
        {
            return false;
        }

        Defer([stream]);
        connection.Flush();
        return true;
    }

    private void DeferArrived()
    {
        var waiting = new List<ServerStream>(_arrived.Count);
        foreach (ServerStream stream in _arrived)
        {
            // A watch or a lease's keep-alive does not wait behind large replies.
            if (stream.Call.IsStreaming && !connection.HoldsUp(stream))
            {
                ThreadPool.UnsafeQueueUserWorkItem(stream, preferLocal: false);
            }
            else
            {
                waiting.Add(stream);
            }
        }

        Defer(waiting);
    }

    private void Defer(List<ServerStream> calls)
    {
        foreach (ServerStream stream in calls)
        {
            connection.CallDeferred(stream);
        }

        lock (_lock)
        {
            foreach (ServerStream stream in calls)
            {
                _deferred.Enqueue(stream);
            }

            Volatile.Write(ref _deferredCount, _deferred.Count);
            _timer ??= connection.Clock.CreateTimer(
                static state => ((CallStarter)state!).StartDue(), this, LookInterval, LookInterval);
        }

        // What made it wait may be over by now, and nobody else would look again.
        StartDeferred();
    }

    /// <summary>Starts the waiting calls that nothing holds up any more, and those whose client has left or whose time is over: these end at once.</summary>
    private void StartDue()
    {
        // Who reads nothing at all is not told anything either, or the answers would gather without end.
        bool answers = !connection.IsUnread;
        var due = new List<ServerStream>();
        lock (_lock)
        {
            for (int left = _deferred.Count; left > 0; left--)
            {
                ServerStream stream = _deferred.Dequeue();
                if (stream.IsOver || !connection.HoldsUp(stream) || (answers && stream.IsOverdue))
                {
                    due.Add(stream);
                }
                else
                {
                    _deferred.Enqueue(stream);
                }
            }

            Volatile.Write(ref _deferredCount, _deferred.Count);
            if (_deferred.Count == 0)
            {
                _timer?.Dispose();
                _timer = null;
            }
        }

        foreach (ServerStream stream in due)
        {
            ThreadPool.UnsafeQueueUserWorkItem(stream, preferLocal: false);
        }
    }
}
