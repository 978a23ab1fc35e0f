using System.Threading.Tasks.Sources;

namespace Etcd.Mvcc.Watch;

/// <summary>The wait of a stream's one sender, without an allocation per wait. Guarded by the stream's gate where said.</summary>
internal sealed class SenderWait : IValueTaskSource<bool>
{
    // The apply thread completes the wait and must not run the sender.
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };

    /// <summary>Whether the sender waits. Guarded by the gate; who sets it to false must complete the wait.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>Begins a wait. Called under the gate.</summary>
    /// <exception cref="InvalidOperationException">The sender waits already.</exception>
    public ValueTask<bool> Begin()
    {
        if (IsWaiting)
        {
            throw new InvalidOperationException("A watch stream has one sender, which waits once at a time.");
        }

        _core.Reset();
        IsWaiting = true;
        return new ValueTask<bool>(this, _core.Version);
    }

    /// <summary>Claims the right to wake the sender. Called under the gate.</summary>
    /// <returns>Whether the caller must call <see cref="Complete"/> or <see cref="Cancel"/>, after it has left the gate.</returns>
    public bool TryClaim()
    {
        bool was = IsWaiting;
        IsWaiting = false;
        return was;
    }

    /// <summary>Wakes the sender.</summary>
    /// <param name="isOpen">Whether there may be more notices.</param>
    public void Complete(bool isOpen) => _core.SetResult(isOpen);

    /// <summary>Wakes the sender with a cancellation.</summary>
    public void Cancel(CancellationToken cancellationToken) => _core.SetException(new OperationCanceledException(cancellationToken));

    bool IValueTaskSource<bool>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags) => _core.OnCompleted(continuation, state, token, flags);
}
