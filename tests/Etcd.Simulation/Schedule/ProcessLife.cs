namespace Etcd.Simulation.Schedule;

/// <summary>One life of a simulated process, from its start to its end. Whatever was to happen in it ends with it, and waits while it is paused.</summary>
internal sealed class ProcessLife(string name)
{
    private readonly Queue<(string What, Action Action)> _deferred = new();

    /// <summary>Name for traces.</summary>
    public string Name { get; } = name;

    /// <summary>Whether the process has ended: killed, without power, or stopped.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether the process gets no processor time at the moment (SIGSTOP, a long collection, a frozen machine).</summary>
    public bool IsPaused { get; private set; }

    public void End()
    {
        IsOver = true;
        _deferred.Clear();
    }

    public void Pause() => IsPaused = true;

    /// <summary>Gives back what waited, in its order.</summary>
    public IReadOnlyList<(string What, Action Action)> Resume()
    {
        IsPaused = false;
        (string What, Action Action)[] waited = [.. _deferred];
        _deferred.Clear();
        return waited;
    }

    public void Defer(string what, Action action) => _deferred.Enqueue((what, action));
}
