namespace Etcd.Server.Pumps;

/// <summary>Takes what others post, all that has gathered at a time, and hands it to one handler, which runs once at a time.</summary>
/// <remarks>
/// The consensus loop, the log writer and apply each are one pump: the state behind a handler has one owner and needs no lock. A pump never
/// drops what it accepted; a full one refuses (<see cref="TryPost"/>), or takes all the same what must not be lost (<see cref="Post"/>).
/// A handler that throws ends the pump and reports the fault: the member stops rather than go on with state it cannot trust.
/// Made by <see cref="Execution.CreatePump{T}"/>.
/// </remarks>
/// <typeparam name="T">What is posted.</typeparam>
internal abstract class Pump<T> : IDisposable
{
    /// <summary>Whether the pump takes nothing more: it was stopped, or its handler has failed.</summary>
    internal abstract bool IsStopping { get; }

    /// <summary>Whether nothing waits to be handed out.</summary>
    internal abstract bool IsEmpty { get; }

    /// <summary>Starts to hand out what was posted.</summary>
    internal abstract void Start();

    /// <summary>Posts an item unless the pump is full or stopping.</summary>
    /// <param name="item">The item.</param>
    /// <param name="reservedPlaces">Places beyond the pump's capacity that this item may use.</param>
    internal abstract bool TryPost(T item, int reservedPlaces = 0);

    /// <summary>Posts an item whatever the fill; for what the sender cannot hold back, such as acknowledgements. The senders' own bounds
    /// limit these. After <see cref="Stop"/> the item is dropped.</summary>
    internal abstract void Post(T item);

    /// <summary>Handles an item on the calling thread if nothing is posted or being handled; the handler still runs once at a time.
    /// Waking the pump's own thread costs more than a small piece of work.</summary>
    /// <returns><see langword="false"/> when the pump is busy or stopping: the item is then still the caller's.</returns>
    internal abstract bool TryRunHere(T item);

    /// <summary>Lends the pump the calling thread: an item is handled on it, and what was posted meanwhile too, up to a number of turns. For an
    /// item whose sender would wait for its outcome anyway. A handler that throws ends the pump as on its own thread; nothing is
    /// thrown here.</summary>
    /// <param name="item">The item.</param>
    /// <param name="turnsMax">Turns of the handler, at least one; what is left then is the pump's own thread's.</param>
    /// <returns><see langword="false"/> when the pump is busy or stopping, or has no thread to spare: the item is then still the caller's.</returns>
    internal virtual bool TryServeHere(T item, int turnsMax) => false;

    /// <summary>Takes nothing more, lets the handler finish what was posted, and waits for the end of it.</summary>
    internal abstract void Stop();

    /// <summary>What was accepted and may not have been handled, for the fault's callback to answer; empty while the pump runs.</summary>
    internal virtual IReadOnlyList<T> Unhandled => [];

    /// <inheritdoc />
    public void Dispose() => Stop();
}
