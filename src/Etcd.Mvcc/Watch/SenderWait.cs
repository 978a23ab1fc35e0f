using System.Threading.Tasks.Sources;

namespace Etcd.Mvcc.Watch;

/// <summary>The wait of a stream's one sender, without an allocation per wait. Guarded by the stream's gate.</summary>
/// <remarks>The gate is held also while the wait is completed: the sender may go on at once, and a new wait must not be begun in
/// the middle of the completion of the old one. The sender itself runs elsewhere, never under the gate.</remarks>
internal sealed class SenderWait : IValueTaskSource<bool>
{
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };

    /// <summary>Whether the sender waits.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>Begins a wait.</summary>
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

    /// <summary>Wakes the sender if it waits.</summary>
    /// <param name="isOpen">Whether there may be more notices.</param>
    public void TryComplete(bool isOpen)
    {
        if (IsWaiting)
        {
            IsWaiting = false;
            _core.SetResult(isOpen);
        }
    }

    /// <summary>Wakes the sender with a cancellation if it waits.</summary>
    public void TryCancel(CancellationToken cancellationToken)
    {
        if (IsWaiting)
        {
            IsWaiting = false;
            _core.SetException(new OperationCanceledException(cancellationToken));
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags) => _core.OnCompleted(continuation, state, token, flags);
}
