using Etcd.Mvcc;
using Etcd.Mvcc.Watch;

namespace Etcd.Server.Pumps;

/// <summary>Work on threads, as in production.</summary>
internal sealed class ThreadExecution : Execution
{
    /// <inheritdoc />
    internal override bool HasThreads => true;

    /// <inheritdoc />
    internal override TaskCreationOptions Completions => TaskCreationOptions.RunContinuationsAsynchronously;

    /// <inheritdoc />
    internal override Pump<T> CreatePump<T>(
        string name, int capacity, Action<List<T>> handle, Action<Exception> fault, Func<bool>? idle = null) =>
        new ThreadPump<T>(name, capacity, handle, fault, idle);

    /// <inheritdoc />
    internal override Task RunAsync(Func<Task> work) => Task.Run(work);

    /// <inheritdoc />
    internal override Task ShareAsync(Task task) => task;

    /// <inheritdoc />
    internal override void Queue(IThreadPoolWorkItem item) => ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);

    /// <inheritdoc />
    internal override Task CancelAsync(CancellationTokenSource source) => source.CancelAsync();

    /// <inheritdoc />
    internal override Task DelayAsync(TimeSpan delay, TimeProvider time, CancellationToken cancellationToken) =>
        Task.Delay(delay, time, cancellationToken);

    /// <inheritdoc />
    internal override void Wait(ManualResetEventSlim signal, CancellationToken cancellationToken) => signal.Wait(cancellationToken);

    /// <inheritdoc />
    internal override Task RunWatchesAsync(WatchHub watches, CancellationToken stopping) => watches.RunAsync(stopping);

    /// <inheritdoc />
    internal override void RunCompactions(MvccStore store)
    {
        // The store has a task of its own for them.
    }
}
