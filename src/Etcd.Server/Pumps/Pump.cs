namespace Etcd.Server.Pumps;

/// <summary>One thread that takes what others post, all that has gathered at a time, and hands it to one handler.</summary>
/// <remarks>
/// The consensus loop, the log writer and apply each are one pump: the state behind a handler has one owner and needs no lock. A pump never
/// drops what it accepted; a full one refuses (<see cref="TryPost"/>), or takes all the same what must not be lost (<see cref="Post"/>).
/// A handler that throws ends the pump and reports the fault: the member stops rather than go on with state it cannot trust.
/// </remarks>
/// <typeparam name="T">What is posted.</typeparam>
internal sealed class Pump<T> : IDisposable
{
    private readonly object _gate = new();
    private readonly Action<List<T>> _handle;
    private readonly Action<Exception> _fault;
    private readonly Func<bool>? _idle;
    private readonly int _capacity;
    private readonly Thread _thread;

    private List<T> _posted = [];
    private List<T> _taken = [];
    private readonly List<T> _here = [];
    private bool _waiting;
    private bool _busy;
    private bool _stopping;

    /// <summary>Creates the pump; it runs from <see cref="Start"/> on.</summary>
    /// <param name="name">Name of the thread.</param>
    /// <param name="capacity">Items above which <see cref="TryPost"/> refuses.</param>
    /// <param name="handle">Handles one batch; the list is the pump's own and valid during the call.</param>
    /// <param name="fault">Told when <paramref name="handle"/> failed; the pump has ended then.</param>
    /// <param name="idle">Work for times when nothing is posted; returns whether there may be more of it.</param>
    internal Pump(string name, int capacity, Action<List<T>> handle, Action<Exception> fault, Func<bool>? idle = null)
    {
        _capacity = capacity;
        _handle = handle;
        _fault = fault;
        _idle = idle;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    /// <summary>Whether the pump takes nothing more: it was stopped, or its handler has failed.</summary>
    internal bool IsStopping
    {
        get
        {
            lock (_gate)
            {
                return _stopping;
            }
        }
    }

    /// <summary>Starts the thread.</summary>
    internal void Start() => _thread.Start();

    /// <summary>Posts an item unless the pump is full or stopping.</summary>
    internal bool TryPost(T item)
    {
        lock (_gate)
        {
            if (_stopping || _posted.Count >= _capacity)
            {
                return false;
            }

            Append(item);
            return true;
        }
    }

    /// <summary>Posts an item whatever the fill; for what the sender cannot hold back, such as acknowledgements. The senders' own bounds
    /// limit these. After <see cref="Stop"/> the item is dropped.</summary>
    internal void Post(T item)
    {
        lock (_gate)
        {
            if (!_stopping)
            {
                Append(item);
            }
        }
    }

    /// <summary>Handles an item on the calling thread if nothing is posted or being handled; the handler still runs once at a time.
    /// Waking the pump's own thread costs more than a small piece of work.</summary>
    /// <returns><see langword="false"/> when the pump is busy or stopping: the item is then still the caller's.</returns>
    internal bool TryRunHere(T item)
    {
        lock (_gate)
        {
            if (_busy || _stopping || _posted.Count > 0)
            {
                return false;
            }

            _busy = true;
        }

        try
        {
            _here.Add(item);
            _handle(_here);
        }
        finally
        {
            _here.Clear();
            EndHandling();
        }

        return true;
    }

    /// <summary>Takes nothing more, lets the handler finish what was posted, and waits for the thread to end.</summary>
    internal void Stop()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.Pulse(_gate);
        }

        if ((_thread.ThreadState & ThreadState.Unstarted) == 0 && Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }
    }

    /// <inheritdoc />
    public void Dispose() => Stop();

    private void Append(T item)
    {
        _posted.Add(item);
        if (_waiting)
        {
            _waiting = false;
            Monitor.Pulse(_gate);
        }
    }

    private void Run()
    {
        try
        {
            WorkWhileIdle();
            while (TakeAll())
            {
                _handle(_taken);
                _taken.Clear();
                EndHandling();
                WorkWhileIdle();
            }
        }
#pragma warning disable CA1031 // Whatever the fault is, it must reach the member's owner instead of killing the process unexplained.
        catch (Exception failure)
        {
            lock (_gate)
            {
                _stopping = true;
            }

            _fault(failure);
        }
#pragma warning restore CA1031
    }

    private void WorkWhileIdle()
    {
        bool hasMore = _idle is not null;
        while (hasMore && IsEmpty())
        {
            hasMore = _idle!();
        }
    }

    private bool IsEmpty()
    {
        lock (_gate)
        {
            return _posted.Count == 0 && !_stopping;
        }
    }

    private void EndHandling()
    {
        lock (_gate)
        {
            _busy = false;
            if (_waiting && (_posted.Count > 0 || _stopping))
            {
                _waiting = false;
                Monitor.Pulse(_gate);
            }
        }
    }

    private bool TakeAll()
    {
        lock (_gate)
        {
            while (_posted.Count == 0 || _busy)
            {
                if (_stopping && !_busy)
                {
                    return false;
                }

                _waiting = true;
                Monitor.Wait(_gate);
            }

            _waiting = false;
            _busy = true;
            (_posted, _taken) = (_taken, _posted);
            return true;
        }
    }
}
