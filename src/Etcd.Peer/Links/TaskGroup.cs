namespace Etcd.Peer.Links;

/// <summary>Background work of the transport: whatever was started is waited for when it stops. The work handles its own failures. Any thread.</summary>
internal sealed class TaskGroup : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private int _running = 1; // one for the group itself, until it stops

    /// <summary>Cancelled when the transport stops.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Starts work on the thread pool.</summary>
    /// <returns><see langword="false"/> when the group stops: the work is not started.</returns>
    public bool TryRun(Func<Task> work)
    {
        if (!TryEnter())
        {
            return false;
        }

        _ = Task.Run(async () =>
        {
            try
            {
                await work().ConfigureAwait(false);
            }
            finally
            {
                Leave();
            }
        });
        return true;
    }

    /// <summary>Starts work that blocks, on a thread of its own.</summary>
    /// <returns><see langword="false"/> when the group stops: the work is not started.</returns>
    public bool TryStartThread(string name, Action work)
    {
        if (!TryEnter())
        {
            return false;
        }

        var thread = new Thread(() =>
        {
            try
            {
                work();
            }
            finally
            {
                Leave();
            }
        })
        { IsBackground = true, Name = name };
        thread.Start();
        return true;
    }

    /// <summary>Cancels what runs and waits until it has ended. Called once.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        Leave();
        await _empty.Task.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private bool TryEnter()
    {
        lock (_lock)
        {
            // Looked at once: a stop that begins in between would wait for work that was counted and never started.
            bool isOpen = !_stopping.IsCancellationRequested;
            _running += isOpen ? 1 : 0;
            return isOpen;
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            _running--;
            if (_running == 0)
            {
                _empty.TrySetResult();
            }
        }
    }
}
