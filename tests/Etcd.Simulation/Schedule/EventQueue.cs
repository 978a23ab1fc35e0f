namespace Etcd.Simulation.Schedule;

/// <summary>Everything that is going to happen, in the order of simulated time; of two things at the same time, what was posted first.</summary>
/// <remarks>The whole simulation runs in the one thread that made the queue. A call from another thread means that work has escaped
/// from the simulation, and ends the run: it could not be replayed.</remarks>
internal sealed class EventQueue(RunTrace trace)
{
    private readonly PriorityQueue<Item, (long Ticks, long Number)> _items = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly List<object> _held = [];
    private volatile string? _escaped;
    private long _posted;

    /// <summary>Simulated time since the start, in ticks of 100 ns.</summary>
    public long NowTicks { get; private set; }

    /// <summary>Events that happened so far.</summary>
    public long Happened { get; private set; }

    /// <summary>Whether nothing is going to happen.</summary>
    public bool IsEmpty => _items.Count == 0;

    public RunTrace Trace => trace;

    /// <summary>Number of what is posted next: orders calls and returns of operations.</summary>
    public long NextNumber() => ++_posted;

    /// <summary>Lets something happen after a while.</summary>
    /// <param name="delay">From now; 0 is "next".</param>
    /// <param name="life">The process it happens in; <see langword="null"/> when it is in none of the members.</param>
    /// <param name="what">A word for the trace.</param>
    /// <param name="action">What happens.</param>
    public void Post(TimeSpan delay, ProcessLife? life, string what, Action action)
    {
        CheckThread(what);
        if (life is not { IsOver: true })
        {
            _items.Enqueue(new Item(life, what, action), (NowTicks + delay.Ticks, NextNumber()));
        }
    }

    /// <summary>Keeps a timer from being collected while the run goes on. A process that was killed leaves timers that nothing refers to any more;
    /// the finalizer of <see cref="PeriodicTimer"/> would let those who wait for one go on, on its own thread.</summary>
    public void Hold(object timer) => _held.Add(timer);

    /// <summary>Lets a paused process go on.</summary>
    public void Resume(ProcessLife life)
    {
        foreach ((string what, Action action) in life.Resume())
        {
            Post(TimeSpan.Zero, life, what, action);
        }
    }

    /// <summary>Lets the next thing happen.</summary>
    /// <returns><see langword="false"/> when there is none up to that time; the clock then stands at it.</returns>
    public bool RunNext(long untilTicks)
    {
        if (!_items.TryPeek(out _, out (long Ticks, long Number) at) || at.Ticks > untilTicks)
        {
            NowTicks = Math.Max(NowTicks, untilTicks);
            return false;
        }

        Item item = _items.Dequeue();
        NowTicks = at.Ticks;
        if (item.Life is { IsOver: true })
        {
            return true;
        }

        if (item.Life is { IsPaused: true } paused)
        {
            paused.Defer(item.What, item.Action);
            return true;
        }

        Happened++;
        trace.Mix((ulong)at.Ticks);
        trace.Mix(item.What);
        try
        {
            item.Action();
        }
        catch (Exception) when (item.Life is { IsOver: true })
        {
            // The process ended in the middle of it: nobody is left whom the exception could concern.
        }

        if (_escaped is { } escape)
        {
            throw new WorkEscapedException(escape);
        }

        return true;
    }

    /// <summary>Ends the run: what is thrown in an event that belongs to no member does.</summary>
    public void Fail(string message, Exception cause) =>
        Post(TimeSpan.Zero, null, "fails", () => throw new SimulationFailedException(message, cause));

    /// <summary>Completes after a while, inside an event of its own.</summary>
    public Task DelayAsync(TimeSpan delay)
    {
        var source = new TaskCompletionSource();
        Post(delay, null, "wait", source.SetResult);
        return source.Task;
    }

    /// <summary>Notes a call from a thread that is not the simulation's.</summary>
    public void CheckThread(string what)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            _escaped ??= $"{what} at {Environment.StackTrace}";
        }
    }

    private sealed record Item(ProcessLife? Life, string What, Action Action);
}
