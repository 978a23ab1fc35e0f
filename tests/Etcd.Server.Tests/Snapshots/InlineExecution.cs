using Etcd.Mvcc;
using Etcd.Mvcc.Watch;
using Etcd.Server.Pumps;

namespace Etcd.Server.Tests.Snapshots;

/// <summary>Everything on the calling thread, at once: what a crash sweep needs, which counts disk operations.</summary>
internal sealed class InlineExecution : Execution
{
    internal override bool HasThreads => false;

    internal override TaskCreationOptions Completions => TaskCreationOptions.None;

    internal override Pump<T> CreatePump<T>(
        string name, int capacity, Action<List<T>> handle, Action<Exception> fault, Func<bool>? idle = null) => new InlinePump<T>(handle);

    internal override Task RunAsync(Func<Task> work) => work();

    internal override Task ShareAsync(Task task) => task;

    internal override void Queue(IThreadPoolWorkItem item) => item.Execute();

    internal override Task CancelAsync(CancellationTokenSource source)
    {
        source.Cancel();
        return Task.CompletedTask;
    }

    internal override Task DelayAsync(TimeSpan delay, TimeProvider time, CancellationToken cancellationToken) =>
        Task.Delay(delay, time, cancellationToken);

    internal override void Wait(ManualResetEventSlim signal, CancellationToken cancellationToken) => signal.Wait(cancellationToken);

    internal override Task RunWatchesAsync(WatchHub watches, CancellationToken stopping) => Task.CompletedTask;

    internal override void RunCompactions(MvccStore store) => store.RunCompactions();

    private sealed class InlinePump<T>(Action<List<T>> handle) : Pump<T>
    {
        private readonly Queue<T> _posted = new();
        private bool _isBusy;

        internal override bool IsStopping => false;

        internal override bool IsEmpty => _posted.Count == 0;

        internal override void Start()
        {
        }

        internal override bool TryPost(T item, int reservedPlaces = 0)
        {
            Post(item);
            return true;
        }

        internal override void Post(T item)
        {
            _posted.Enqueue(item);
            if (_isBusy)
            {
                return;
            }

            _isBusy = true;
            while (_posted.TryDequeue(out T? next))
            {
                handle([next]);
            }

            _isBusy = false;
        }

        internal override bool TryRunHere(T item) => TryPost(item);

        internal override void Stop()
        {
        }
    }
}
