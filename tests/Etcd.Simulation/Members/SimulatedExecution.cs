using Etcd.Mvcc;
using Etcd.Mvcc.Watch;
using Etcd.Server.Pumps;
using Etcd.Simulation.Schedule;

namespace Etcd.Simulation.Members;

/// <summary>Carries out the work of one member's life as events of the simulation.</summary>
internal sealed class SimulatedExecution(EventQueue queue, ProcessLife life, WorkDelays delays, SimulationRandom random) : Execution
{
    private static readonly TimeSpan SliceInterval = TimeSpan.FromMilliseconds(5);

    private readonly List<ISimulatedPump> _pumps = [];

    // Some lives never meet a pump that has its thread to spare, some always, most now and then.
    private readonly int _servesHerePercent = random.Pick([0, 50, 90, 100]);

    internal override bool HasThreads => false;

    internal override TaskCreationOptions Completions => TaskCreationOptions.None;

    internal override Pump<T> CreatePump<T>(
        string name, int capacity, Action<List<T>> handle, Action<Exception> fault, Func<bool>? idle = null)
    {
        var pump = new SimulatedPump<T>(this, name, capacity, handle, fault, idle);
        _pumps.Add(pump);
        return pump;
    }

    internal override Task RunAsync(Func<Task> work)
    {
        var ended = new TaskCompletionSource();
        Post("work", () => _ = CarryOutAsync(work, ended));
        return ended.Task;
    }

    internal override Task ShareAsync(Task task)
    {
        var own = new TaskCompletionSource();
        task.ContinueWith(own.SetFromTask, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return own.Task;
    }

    internal override void Queue(IThreadPoolWorkItem item) => Post("item", item.Execute);

    internal override Task CancelAsync(CancellationTokenSource source)
    {
        source.Cancel();
        return Task.CompletedTask;
    }

    internal override async Task DelayAsync(TimeSpan delay, TimeProvider time, CancellationToken cancellationToken)
    {
        var over = new TaskCompletionSource();
        using CancellationTokenRegistration registration = cancellationToken.Register(() => over.TrySetCanceled(cancellationToken));
        using ITimer timer = time.CreateTimer(_ => over.TrySetResult(), null, delay, Timeout.InfiniteTimeSpan);
        await over.Task.ConfigureAwait(false);
    }

    internal override void Wait(ManualResetEventSlim signal, CancellationToken cancellationToken)
    {
        // The others' turns run inside this one, as their threads would go on while this one waits.
        while (!signal.IsSet)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!_pumps.Exists(static pump => pump.TryRun()))
            {
                throw new SimulationFailedException($"{life.Name}: a pump waits for work that nobody has");
            }
        }
    }

    internal override Task RunWatchesAsync(WatchHub watches, CancellationToken stopping)
    {
        var ended = new TaskCompletionSource();
        bool isPosted = false;
        ITimer timer = watches.BeginSteps(Want);
        stopping.Register(() =>
        {
            timer.Dispose();
            ended.TrySetCanceled(stopping);
        });
        Want();
        return ended.Task;

        void Want()
        {
            if (!isPosted)
            {
                isPosted = true;
                Post("watch round", Round);
            }
        }

        void Round()
        {
            isPosted = false;
            try
            {
                if (!stopping.IsCancellationRequested && watches.RunRound())
                {
                    Want();
                }
            }
            catch (IOException failure)
            {
                ended.TrySetException(failure);
            }
        }
    }

    internal override void RunCompactions(MvccStore store)
    {
        bool isPosted = false;
        store.CompactionSliceWanted = Want;
        Want();

        void Want()
        {
            if (!isPosted)
            {
                isPosted = true;
                queue.Post(SliceInterval, life, "compaction slice", Slice);
            }
        }

        void Slice()
        {
            isPosted = false;
            try
            {
                if (store.RunCompactionSlice())
                {
                    Want();
                }
            }
            catch (BackendFailedException)
            {
                // The backend has told the member already.
            }
        }
    }

    /// <summary>Whether a caller finds a pump at rest, so that it may take the turn itself: by lot, since a real one rests or is just waking up.</summary>
    internal bool DrawsServingHere() => random.Percent(_servesHerePercent);

    /// <summary>Lets a pump have its turn.</summary>
    internal void PostTurn(string pump, Action turn) => queue.Post(delays.Draw(pump, random), life, pump, turn);

    private static async Task CarryOutAsync(Func<Task> work, TaskCompletionSource ended)
    {
        try
        {
            await work().ConfigureAwait(false);
            ended.TrySetResult();
        }
        catch (OperationCanceledException cancelled)
        {
            ended.TrySetCanceled(cancelled.CancellationToken);
        }
#pragma warning disable CA1031 // As with a task: whoever awaits it gets the fault, whatever it is.
        catch (Exception failure)
        {
            ended.TrySetException(failure);
        }
#pragma warning restore CA1031
    }

    private void Post(string what, Action action) => queue.Post(delays.Draw(what, random), life, what, action);
}
