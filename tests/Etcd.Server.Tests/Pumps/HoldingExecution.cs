using Etcd.Mvcc;
using Etcd.Mvcc.Watch;
using Etcd.Server.Pumps;

namespace Etcd.Server.Tests.Pumps;

/// <summary>Threads as in production, of which one pump can be held: what is posted to it waits. So can work that is run beside its caller.</summary>
/// <param name="held">The pump's name; none by default.</param>
internal sealed class HoldingExecution(string held = "") : Execution, IDisposable
{
    private readonly object _gate = new();
    private readonly TaskCompletionSource _workIsHeld = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _workGoesOn;
    private bool _isHeld;
    private Func<object, bool>? _isLast;

    internal override bool HasThreads => Threads.HasThreads;

    internal override TaskCreationOptions Completions => Threads.Completions;

    private bool IsOpen
    {
        get
        {
            lock (_gate)
            {
                return !_isHeld && _isLast is null;
            }
        }
    }

    /// <summary>Ends when work is held for the first time.</summary>
    internal Task WorkIsHeld => _workIsHeld.Task;

    public void Dispose()
    {
        Release();
        ReleaseWork();
    }

    /// <summary>Holds the pump from its next item on.</summary>
    internal void Hold() => Set(isHeld: true, isLast: null);

    /// <summary>Lets it go on.</summary>
    internal void Release() => Set(isHeld: false, isLast: null);

    /// <summary>Lets it go on up to the first item of that kind, and holds whatever comes after it.</summary>
    internal void ReleaseThrough(Func<object, bool> isLast) => Set(isHeld: false, isLast);

    internal override Pump<T> CreatePump<T>(
        string name, int capacity, Action<List<T>> handle, Action<Exception> fault, Func<bool>? idle = null)
    {
        if (name != held)
        {
            return Threads.CreatePump(name, capacity, handle, fault, idle);
        }

        Action<List<T>> whenAllowed = batch =>
        {
            foreach (T item in batch)
            {
                Pass(item!);
                handle([item]);
            }
        };
        return new HeldPump<T>(Threads.CreatePump(name, capacity, whenAllowed, fault, idle), this);
    }

    /// <summary>Holds the work that is run beside its caller from now on.</summary>
    internal void HoldWork() => Volatile.Write(ref _workGoesOn, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Lets the work go on.</summary>
    internal void ReleaseWork() => Interlocked.Exchange(ref _workGoesOn, null)?.SetResult();

    internal override Task RunAsync(Func<Task> work) =>
        Threads.RunAsync(Volatile.Read(ref _workGoesOn) is { } goesOn ? () => RunHeldAsync(work, goesOn.Task) : work);

    internal override Task ShareAsync(Task task) => Threads.ShareAsync(task);

    internal override void Queue(IThreadPoolWorkItem item) => Threads.Queue(item);

    internal override Task CancelAsync(CancellationTokenSource source) => Threads.CancelAsync(source);

    internal override Task DelayAsync(TimeSpan delay, TimeProvider time, CancellationToken cancellationToken) =>
        Threads.DelayAsync(delay, time, cancellationToken);

    internal override void Wait(ManualResetEventSlim signal, CancellationToken cancellationToken) => Threads.Wait(signal, cancellationToken);

    internal override Task RunWatchesAsync(WatchHub watches, CancellationToken stopping) => Threads.RunWatchesAsync(watches, stopping);

    internal override void RunCompactions(MvccStore store) => Threads.RunCompactions(store);

    private async Task RunHeldAsync(Func<Task> work, Task goesOn)
    {
        _workIsHeld.TrySetResult();
        await goesOn;
        await work();
    }

    private void Set(bool isHeld, Func<object, bool>? isLast)
    {
        lock (_gate)
        {
            _isHeld = isHeld;
            _isLast = isLast;
            Monitor.PulseAll(_gate);
        }
    }

    private void Pass(object item)
    {
        lock (_gate)
        {
            while (_isHeld)
            {
                Monitor.Wait(_gate);
            }

            if (_isLast is not null && _isLast(item))
            {
                _isHeld = true;
                _isLast = null;
            }
        }
    }

    // Work for a pump that is held goes to its own thread: whoever would do it meanwhile must not be held with it.
    private sealed class HeldPump<T>(Pump<T> pump, HoldingExecution execution) : Pump<T>
    {
        internal override bool IsStopping => pump.IsStopping;

        internal override bool IsEmpty => pump.IsEmpty;

        internal override IReadOnlyList<T> Unhandled => pump.Unhandled;

        internal override void Start() => pump.Start();

        internal override bool TryPost(T item, int reservedPlaces = 0) => pump.TryPost(item, reservedPlaces);

        internal override void Post(T item) => pump.Post(item);

        internal override bool TryRunHere(T item) => execution.IsOpen && pump.TryRunHere(item);

        internal override bool TryServeHere(T item, int turnsMax) => execution.IsOpen && pump.TryServeHere(item, turnsMax);

        internal override void Stop() => pump.Stop();
    }
}
