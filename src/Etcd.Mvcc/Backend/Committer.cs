using Etcd.Bolt;

namespace Etcd.Mvcc;

/// <summary>Takes write buffers to the file: the hand-over between the apply thread, the commit thread and readers.</summary>
/// <remarks>
/// One commit cycle: swap the active buffer for an empty one between two entries, write it with the index of the last entry, open
/// the new version for readers, forget the buffer. Apply holds the gate only to begin and end an entry; readers never do.
/// </remarks>
internal sealed class Committer : IDisposable
{
    private readonly BackendFile _file;
    private readonly BackendOptions _options;
    private readonly ITimer? _timer;
    private readonly ITimer? _reclaimTimer;
    private readonly Thread? _thread;
    private readonly TaskCompletionSource _completion;

    // A defragmentation takes longer than any commit, and what waits for it may be more.
    private const int AloneFactor = 4;

    // Held through a whole cycle or defragmentation; always taken before the gate.
    private readonly object _fileGate = new();

    // Guards the fields below; waited on and pulsed at each change of them.
    private readonly object _gate = new();
    private volatile BackendState _state;
    private volatile BackendState? _replaced;
    private List<CleanUp> _cleanUps = [];
    private TaskCompletionSource? _nextCycle;
    private ConsistentIndex _last;
    private ConsistentIndex _persisted;
    private SwappedOut? _swapped;
    private int _entryThread;
    private bool _entryOpen;
    private bool _swapWanted;
    private bool _cycleWanted;
    private bool _reclaimDue;
    private bool _runsAlone;
    private bool _intervalRuns;
    private long _intervalBegun;
    private bool _isStopping;
    private BackendFailedException? _fault;

    /// <summary>Starts the commit thread, unless the options say otherwise.</summary>
    public Committer(BackendFile file, BackendOptions options)
    {
        _file = file;
        _options = options;
        _completion = new TaskCompletionSource(options.Completions);
        _state = new BackendState(new CommittedState(file.Database, fileNumber: 0), null, new WriteBuffer());
        if (options.CommitsOnOwnThread)
        {
            _timer = options.Time.CreateTimer(static self => ((Committer)self!).IntervalIsOver(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _reclaimTimer = options.Time.CreateTimer(static self => ((Committer)self!).ReclaimIsDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _thread = new Thread(RunLoop) { IsBackground = true, Name = "backend commit" };
            _thread.Start();
        }
    }

    /// <summary>Where everything written so far is.</summary>
    public BackendState State => _state;

    /// <summary>Faulted when a commit has failed, completed after disposal.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Index of the last entry ended.</summary>
    public ConsistentIndex LastIndex
    {
        get
        {
            lock (_gate)
            {
                return _last;
            }
        }
    }

    /// <summary>Sets what the file says, before the first entry.</summary>
    public void RecoverIndex(ConsistentIndex index)
    {
        lock (_gate)
        {
            _last = index;
            _persisted = index;
        }
    }

    /// <summary>Buffer for the writes of the entry being applied; no swap happens until it ends.</summary>
    public WriteBuffer BeginWrite()
    {
        if (!_entryOpen)
        {
            lock (_gate)
            {
                _entryOpen = true;
                _entryThread = Environment.CurrentManagedThreadId;
            }
        }

        return _state.Active;
    }

    /// <summary>Ends an entry, starts a commit when enough is pending, and waits when the disk is far behind.</summary>
    public void EndEntry(ConsistentIndex index)
    {
        lock (_gate)
        {
            ThrowIfFailed();
            if (index.Index < _last.Index)
            {
                throw new InvalidOperationException($"entry {index.Index} ended after entry {_last.Index}");
            }

            _last = index;
            _entryOpen = false;
            if (_swapWanted)
            {
                Swap();
            }

            if (_thread is not null)
            {
                RequestCycleIfDue();
                WaitWhileFarBehind();
                return;
            }
        }

        CommitInlineIfDue();
    }

    /// <summary>Commits everything up to the last ended entry, on the calling thread.</summary>
    public void Commit()
    {
        ThrowIfInsideEntry();
        lock (_fileGate)
        {
            RunCycle();
        }
    }

    /// <summary>Begins a commit of everything up to the last ended entry.</summary>
    public Task CommitAsync()
    {
        if (_thread is null)
        {
            Commit();
            return Task.CompletedTask;
        }

        lock (_gate)
        {
            ThrowIfFailed();
            return HasWork || _state.Committing is not null ? RequestCycle() : Task.CompletedTask;
        }
    }

    /// <summary>Adds work to the next commit and begins it.</summary>
    /// <param name="work">The work.</param>
    /// <param name="fileNumber">The file it was made for; another one must not be touched.</param>
    public Task CleanUpAsync(CleanUp work, int fileNumber)
    {
        Task done;
        lock (_gate)
        {
            ThrowIfFailed();
            if (_state.Committed.FileNumber != fileNumber)
            {
                throw new BackendReplacedException();
            }

            _cleanUps.Add(work);
            done = RequestCycle();
        }

        if (_thread is null)
        {
            Commit();
        }

        return done;
    }

    /// <summary>Commits, then runs work that replaces the file, with no commit beside it.</summary>
    public void RunAlone(Action work)
    {
        ThrowIfInsideEntry();
        lock (_fileGate)
        {
            RunCycle();
            SetRunsAlone(true);
            try
            {
                work();
            }
            catch (BackendFailedException fault)
            {
                Publish(_state.Committing);
                Fail(fault, null);
                throw;
            }
            finally
            {
                SetRunsAlone(false);
            }

            Publish(_state.Committing);
        }
    }

    /// <summary>Commits and begins reading exactly that state.</summary>
    public BoltReadTransaction CommitAndRead()
    {
        ThrowIfInsideEntry();
        lock (_fileGate)
        {
            RunCycle();
            return _file.Database.BeginRead();
        }
    }

    /// <summary>Puts another file in the place of this one, after a commit or defragmentation that is running. What waited to be committed
    /// belongs to the state before and is dropped. Apply thread, between two entries.</summary>
    /// <param name="exchange">Exchanges the file; nothing has changed when it throws, but for a <see cref="BackendFailedException"/>.</param>
    /// <remarks>The state before stays readable under its file's number until <see cref="ReleaseReplaced"/>.</remarks>
    public void Replace(Action exchange)
    {
        TaskCompletionSource? waiting;
        lock (_fileGate)
        {
            lock (_gate)
            {
                ThrowIfFailed();
                if (_entryOpen)
                {
                    throw new InvalidOperationException("a file cannot be installed inside an entry");
                }
            }

            try
            {
                exchange();
            }
            catch (BackendFailedException fault)
            {
                Fail(fault, null);
                throw;
            }

            ReleaseReplaced();
            waiting = BeginAnew(new CommittedState(_file.Database, _state.Committed.FileNumber + 1));
        }

        waiting?.SetResult();
    }

    /// <summary>The state of one file, whether it is still in use or kept for those who have not gone on to its successor.</summary>
    /// <exception cref="BackendReplacedException">It was released.</exception>
    public BackendState StateOf(int fileNumber)
    {
        BackendState state = _state;
        if (state.Committed.FileNumber == fileNumber)
        {
            return state;
        }

        return _replaced is { } replaced && replaced.Committed.FileNumber == fileNumber ? replaced : throw new BackendReplacedException();
    }

    /// <summary>Lets go of the state before the last <see cref="Replace"/>; views of it that are open stay valid.</summary>
    public void ReleaseReplaced()
    {
        BackendState? replaced = _replaced;
        _replaced = null;
        replaced?.Committed.Release();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isStopping)
            {
                return;
            }

            _isStopping = true;
            Monitor.PulseAll(_gate);
        }

        _timer?.Dispose();
        _reclaimTimer?.Dispose();
        _thread?.Join();

        try
        {
            // An entry that was not ended must not reach the disk; what was ended before it comes back from the log.
            if (_fault is null && !_entryOpen)
            {
                Commit();
            }
        }
        finally
        {
            ReleaseReplaced();
            _state.Committed.Release();
            _completion.TrySetResult();
        }
    }

    private bool HasWork => _state.Active.Pending > 0 || _cleanUps.Count > 0 || _last != _persisted;

    private bool IsCycleWanted
    {
        get
        {
            lock (_gate)
            {
                return _cycleWanted;
            }
        }
    }

    private void RunLoop()
    {
        while (true)
        {
            lock (_gate)
            {
                while (!_cycleWanted && !_isStopping)
                {
                    Monitor.Wait(_gate);
                }

                if (_isStopping)
                {
                    return;
                }
            }

            lock (_fileGate)
            {
                try
                {
                    // Who commits by himself may have been first.
                    if (IsCycleWanted)
                    {
                        RunCycle();
                    }
                }
                catch (BackendFailedException)
                {
                    // Told through Completion and by every later call.
                    return;
                }
            }
        }
    }

    private void RunCycle()
    {
        if (TakeBuffer() is not { } swapped)
        {
            return;
        }

        try
        {
            if (swapped.Buffer.Pending > 0 || swapped.CleanUps.Count > 0 || swapped.Index != _persisted || swapped.ReclaimIsDue)
            {
                _file.Commit(swapped.Buffer, swapped.CleanUps, swapped.Index);
            }
        }
        catch (Exception cause)
        {
            var fault = new BackendFailedException(
                $"commit of {_file.FilePath} failed: {cause.Message}. Writes since the last commit are only in the raft log; " +
                "the member must stop and replay them after the disk is repaired", cause);
            Fail(fault, swapped.Done);
            throw fault;
        }

        _persisted = swapped.Index;
        Publish(null);
        swapped.Done?.SetResult();
        AwaitReclaim();
    }

    /// <summary>Sees to it that free space is given back even when nobody writes. Where commits have no thread, steps ride on commits that
    /// others make.</summary>
    private void AwaitReclaim()
    {
        if (_reclaimTimer is not null && _file.NextReclaimIn is { } wait)
        {
            lock (_gate)
            {
                if (!_isStopping)
                {
                    _reclaimTimer.Change(wait, Timeout.InfiniteTimeSpan);
                }
            }
        }
    }

    /// <summary>Takes the active buffer between two entries; while one is open, its end hands the buffer over.</summary>
    /// <returns><see langword="null"/> when the backend is being disposed inside an entry.</returns>
    private SwappedOut? TakeBuffer()
    {
        lock (_gate)
        {
            ThrowIfFailed();
            if (_entryOpen)
            {
                _swapWanted = true;
                while (_swapWanted && !_isStopping)
                {
                    Monitor.Wait(_gate);
                }

                if (_swapWanted)
                {
                    return null;
                }
            }
            else
            {
                Swap();
            }

            SwappedOut? swapped = _swapped;
            _swapped = null;
            return swapped;
        }
    }

    private void Swap()
    {
        BackendState state = _state;
        _swapped = new SwappedOut(state.Active, _cleanUps, _last, _reclaimDue, _nextCycle);
        _state = new BackendState(state.Committed, state.Active, new WriteBuffer());
        _cleanUps = [];
        _nextCycle = null;
        _swapWanted = false;
        _cycleWanted = false;
        _reclaimDue = false;
        _intervalRuns = false;
        Monitor.PulseAll(_gate);
    }

    private void Publish(WriteBuffer? committing)
    {
        var committed = new CommittedState(_file.Database, _state.Committed.FileNumber);
        CommittedState old;
        lock (_gate)
        {
            old = _state.Committed;
            _state = new BackendState(committed, committing, _state.Active);
            Monitor.PulseAll(_gate);
        }

        old.Release();
    }

    /// <returns>Whoever waits for a commit: all they wait for is part of the new file, or superseded by it.</returns>
    private TaskCompletionSource? BeginAnew(CommittedState committed)
    {
        var state = new BackendState(committed, null, new WriteBuffer());
        ConsistentIndex index = ConsistentIndex.Read(new BackendView(state));
        lock (_gate)
        {
            // Kept before it is replaced, so that no reader finds it in neither place.
            _replaced = _state;
            _state = state;
            _last = index;
            _persisted = index;
            _cleanUps = [];
            _cycleWanted = false;
            _intervalRuns = false;
            TaskCompletionSource? waiting = _nextCycle;
            _nextCycle = null;
            Monitor.PulseAll(_gate);
            return waiting;
        }
    }

    private void Fail(BackendFailedException fault, TaskCompletionSource? done)
    {
        TaskCompletionSource? next;
        lock (_gate)
        {
            _fault = fault;
            next = _nextCycle;
            Monitor.PulseAll(_gate);
        }

        _completion.TrySetException(fault);
        done?.TrySetException(fault);
        next?.TrySetException(fault);
    }

    private Task RequestCycle()
    {
        _nextCycle ??= new TaskCompletionSource(_options.Completions);
        _cycleWanted = true;
        Monitor.PulseAll(_gate);
        return _nextCycle.Task;
    }

    private void RequestCycleIfDue()
    {
        int pending = _state.Active.Pending;
        if (pending >= _options.BatchLimit && !_cycleWanted)
        {
            _cycleWanted = true;
            Monitor.PulseAll(_gate);
        }
        else if (pending > 0 && !_intervalRuns)
        {
            _intervalRuns = true;
            _timer!.Change(_options.BatchInterval, Timeout.InfiniteTimeSpan);
        }
    }

    private void WaitWhileFarBehind()
    {
        while (IsFarBehind)
        {
            Monitor.Wait(_gate);
            ThrowIfFailed();
        }
    }

    private bool IsFarBehind
    {
        get
        {
            long factor = _runsAlone ? AloneFactor : 1;
            return (_runsAlone || _state.Committing is not null)
                && (_state.Active.Pending >= factor * _options.PendingMax || _state.Active.PendingBytes >= factor * _options.PendingBytesMax);
        }
    }

    private void SetRunsAlone(bool value)
    {
        lock (_gate)
        {
            _runsAlone = value;
            Monitor.PulseAll(_gate);
        }
    }

    private void CommitInlineIfDue()
    {
        int pending = _state.Active.Pending;
        if (pending == 0)
        {
            return;
        }

        if (!_intervalRuns)
        {
            _intervalRuns = true;
            _intervalBegun = _options.Time.GetTimestamp();
        }

        if (pending >= _options.BatchLimit || _options.Time.GetElapsedTime(_intervalBegun) >= _options.BatchInterval)
        {
            Commit();
        }
    }

    private void IntervalIsOver()
    {
        lock (_gate)
        {
            _cycleWanted = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void ReclaimIsDue()
    {
        lock (_gate)
        {
            _reclaimDue = true;

            // Where something is pending, the step rides on the commit that ends the interval: two commits in a row would cost twice the syncs.
            _cycleWanted |= !_intervalRuns;
            Monitor.PulseAll(_gate);
        }
    }

    private void ThrowIfFailed()
    {
        if (_fault is not null)
        {
            throw new BackendFailedException(_fault.Message, _fault);
        }
    }

    private void ThrowIfInsideEntry()
    {
        lock (_gate)
        {
            if (_entryOpen && _entryThread == Environment.CurrentManagedThreadId)
            {
                throw new InvalidOperationException("a commit inside an entry would wait for the entry's end for ever");
            }
        }
    }

    private sealed record SwappedOut(
        WriteBuffer Buffer,
        IReadOnlyList<CleanUp> CleanUps,
        ConsistentIndex Index,
        bool ReclaimIsDue,
        TaskCompletionSource? Done);
}
