using Etcd.Mvcc;
using Etcd.Mvcc.Watch;
using Etcd.Server.Pumps;

namespace Etcd.Server.Tests.Pumps;

/// <summary>Threads as in production, of which one pump can be held: what is posted to it waits.</summary>
internal sealed class HoldingExecution(string held) : Execution, IDisposable
{
    private readonly ManualResetEventSlim _goesOn = new(initialState: true);

    internal override bool HasThreads => Threads.HasThreads;

    internal override TaskCreationOptions Completions => Threads.Completions;

    public void Dispose() => Release();

    /// <summary>Holds the pump from its next batch on.</summary>
    internal void Hold() => _goesOn.Reset();

    /// <summary>Lets it go on.</summary>
    internal void Release() => _goesOn.Set();

    internal override Pump<T> CreatePump<T>(
        string name, int capacity, Action<List<T>> handle, Action<Exception> fault, Func<bool>? idle = null)
    {
        if (name != held)
        {
            return Threads.CreatePump(name, capacity, handle, fault, idle);
        }

        Action<List<T>> whenAllowed = batch =>
        {
            _goesOn.Wait();
            handle(batch);
        };
        return new HeldPump<T>(Threads.CreatePump(name, capacity, whenAllowed, fault, idle), _goesOn);
    }

    internal override Task RunAsync(Func<Task> work) => Threads.RunAsync(work);

    internal override Task ShareAsync(Task task) => Threads.ShareAsync(task);

    internal override void Queue(IThreadPoolWorkItem item) => Threads.Queue(item);

    internal override Task CancelAsync(CancellationTokenSource source) => Threads.CancelAsync(source);

    internal override Task DelayAsync(TimeSpan delay, TimeProvider time, CancellationToken cancellationToken) =>
        Threads.DelayAsync(delay, time, cancellationToken);

    internal override void Wait(ManualResetEventSlim signal, CancellationToken cancellationToken) => Threads.Wait(signal, cancellationToken);

    internal override Task RunWatchesAsync(WatchHub watches, CancellationToken stopping) => Threads.RunWatchesAsync(watches, stopping);

    internal override void RunCompactions(MvccStore store) => Threads.RunCompactions(store);

    // Work for a pump that is held goes to its own thread: whoever would do it meanwhile must not be held with it.
    private sealed class HeldPump<T>(Pump<T> pump, ManualResetEventSlim goesOn) : Pump<T>
    {
        internal override bool IsStopping => pump.IsStopping;

        internal override bool IsEmpty => pump.IsEmpty;

        internal override IReadOnlyList<T> Unhandled => pump.Unhandled;

        internal override void Start() => pump.Start();

        internal override bool TryPost(T item, int reservedPlaces = 0) => pump.TryPost(item, reservedPlaces);

        internal override void Post(T item) => pump.Post(item);

        internal override bool TryRunHere(T item) => goesOn.IsSet && pump.TryRunHere(item);

        internal override bool TryServeHere(T item, int turnsMax) => goesOn.IsSet && pump.TryServeHere(item, turnsMax);

        internal override void Stop() => pump.Stop();
    }
}
