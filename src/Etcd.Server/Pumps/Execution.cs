using Etcd.Mvcc;
using Etcd.Mvcc.Watch;

namespace Etcd.Server.Pumps;

/// <summary>How a member's work is carried out: on threads in production, step by step on one thread in a simulation.</summary>
/// <remarks>Whatever goes on beside its caller goes through here or through the timers of the member's <see cref="TimeProvider"/>. Nothing
/// else in this library starts a thread, uses the pool, or blocks on another thread's work; a rule of the repository checks it.</remarks>
internal abstract class Execution
{
    /// <summary>Threads of their own for the pumps and the storage, the thread pool for everything else.</summary>
    internal static Execution Threads { get; } = new ThreadExecution();

    /// <summary>Whether the storage below may have threads of its own; if not, it works on its caller's.</summary>
    internal abstract bool HasThreads { get; }

    /// <summary>Where the continuations of a <see cref="TaskCompletionSource"/> run: never on the thread that completes it, where there are others.</summary>
    internal abstract TaskCreationOptions Completions { get; }

    /// <summary>Creates a pump; it runs from <see cref="Pump{T}.Start"/> on.</summary>
    /// <param name="name">Name for diagnostics.</param>
    /// <param name="capacity">Items above which <see cref="Pump{T}.TryPost"/> refuses.</param>
    /// <param name="handle">Handles one batch; the list is the pump's own and valid during the call.</param>
    /// <param name="fault">Told when <paramref name="handle"/> failed; the pump has ended then.</param>
    /// <param name="idle">Work for times when nothing is posted; returns whether there may be more of it.</param>
    internal abstract Pump<T> CreatePump<T>(
        string name, int capacity, Action<List<T>> handle, Action<Exception> fault, Func<bool>? idle = null);

    /// <summary>Runs work beside the caller.</summary>
    /// <returns>Ends as the work ends.</returns>
    internal abstract Task RunAsync(Func<Task> work);

    /// <summary>A task for one waiter, which ends as one does that several wait for.</summary>
    /// <remarks>Of several waiters for one task, .NET lets at most one go on where the task is completed.</remarks>
    internal abstract Task ShareAsync(Task task);

    /// <summary>Runs a short item beside the caller.</summary>
    internal abstract void Queue(IThreadPoolWorkItem item);

    /// <summary>Cancels, without running those who wait for the token on the caller's thread, where there are others.</summary>
    internal abstract Task CancelAsync(CancellationTokenSource source);

    /// <summary>Waits for a while. Cancelled, .NET's own delay would let its waiter go on in the thread pool, whoever cancels.</summary>
    internal abstract Task DelayAsync(TimeSpan delay, TimeProvider time, CancellationToken cancellationToken);

    /// <summary>Waits, on a pump, for the work of another pump.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    internal abstract void Wait(ManualResetEventSlim signal, CancellationToken cancellationToken);

    /// <summary>Lets watchers that are behind catch up, until cancelled.</summary>
    internal abstract Task RunWatchesAsync(WatchHub watches, CancellationToken stopping);

    /// <summary>Sees to it that the store's compactions are carried out.</summary>
    internal abstract void RunCompactions(MvccStore store);
}
