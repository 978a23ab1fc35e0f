namespace Etcd.Server.Pumps;

/// <summary>A pump that is one thread.</summary>
/// <typeparam name="T">What is posted.</typeparam>
internal sealed class ThreadPump<T> : Pump<T>
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
    private bool _started;
    private bool _waiting;
    private bool _busy;
    private bool _stopping;
    private bool _failed;

    /// <summary>Creates the pump; it runs from <see cref="Start"/> on.</summary>
    /// <param name="name">Name of the thread.</param>
    /// <param name="capacity">Items above which <see cref="TryPost"/> refuses.</param>
    /// <param name="handle">Handles one batch; the list is the pump's own and valid during the call.</param>
    /// <param name="fault">Told when <paramref name="handle"/> failed; the pump has ended then.</param>
    /// <param name="idle">Work for times when nothing is posted; returns whether there may be more of it.</param>
    internal ThreadPump(string name, int capacity, Action<List<T>> handle, Action<Exception> fault, Func<bool>? idle = null)
    {
        _capacity = capacity;
        _handle = handle;
        _fault = fault;
        _idle = idle;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    /// <inheritdoc />
    internal override bool IsStopping
    {
        get
        {
            lock (_gate)
            {
                return _stopping;
            }
        }
    }

    /// <inheritdoc />
    internal override bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return _posted.Count == 0;
            }
        }
    }

    /// <inheritdoc />
    internal override IReadOnlyList<T> Unhandled
    {
        get
        {
            lock (_gate)
            {
                return _failed ? [.. _here, .. _taken, .. _posted] : [];
            }
        }
    }

    /// <inheritdoc />
    internal override void Start()
    {
        lock (_gate)
        {
            _started = true;
        }

        _thread.Start();
    }

    /// <inheritdoc />
    internal override bool TryPost(T item, int reservedPlaces = 0)
    {
        lock (_gate)
        {
            if (_stopping || _posted.Count - reservedPlaces >= _capacity)
            {
                return false;
            }

            Append(item);
            return true;
        }
    }

    /// <inheritdoc />
    internal override void Post(T item)
    {
        lock (_gate)
        {
            if (!_stopping)
            {
                Append(item);
            }
        }
    }

    /// <inheritdoc />
    internal override bool TryRunHere(T item)
    {
        if (!TryBegin())
        {
            return false;
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

    /// <inheritdoc />
    internal override bool TryServeHere(T item, int turnsMax)
    {
        if (!TryBegin())
        {
            return false;
        }

        try
        {
            _here.Add(item);
            _handle(_here);
            _here.Clear();
            for (int turns = 1; turns < turnsMax && TryTakePosted(); turns++)
            {
                _handle(_taken);
                _taken.Clear();
            }
        }
#pragma warning disable CA1031 // As on the pump's own thread: whatever the fault is, it is the member's, not the caller's.
        catch (Exception failure)
        {
            Fail(failure);
        }
#pragma warning restore CA1031
        finally
        {
            EndHandling();
        }

        return true;
    }

    /// <inheritdoc />
    internal override void Stop()
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

    private void Append(T item)
    {
        _posted.Add(item);
        if (_waiting && !_busy)
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
            Fail(failure);
        }
#pragma warning restore CA1031
    }

    // Idle work is the handler's other half: it too runs alone.
    private void WorkWhileIdle()
    {
        bool hasMore = _idle is not null;
        while (hasMore && TryBegin())
        {
            hasMore = _idle!();
            EndHandling();
        }
    }

    private void Fail(Exception failure)
    {
        lock (_gate)
        {
            _stopping = true;
            _failed = true;
        }

        _fault(failure);
    }

    private bool TryBegin()
    {
        lock (_gate)
        {
            if (!_started || _busy || _stopping || _posted.Count > 0)
            {
                return false;
            }

            _busy = true;
            return true;
        }
    }

    private bool TryTakePosted()
    {
        lock (_gate)
        {
            (_posted, _taken) = (_taken, _posted);
            return _taken.Count > 0;
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
            while (_failed || _busy || _posted.Count == 0)
            {
                // Not while a turn on another thread tells of its failure: who stops the pump goes on when all its work has ended.
                if (!_busy && (_failed || _stopping))
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
