namespace Etcd.Grpc.Transport.Http2;

/// <summary>Callers that wait for something to become free. Used under the connection's lock; each checks again once released.</summary>
internal sealed class Http2Waiters
{
    private readonly Queue<TaskCompletionSource> _waiting = new();

    /// <summary>Waits to be released.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Enqueue(waiter);
        return cancellationToken.CanBeCanceled ? WaitOrGiveUpAsync(waiter, cancellationToken) : waiter.Task;
    }

    /// <summary>Releases the longest waiting one that has not given up.</summary>
    public void ReleaseOne()
    {
        while (_waiting.TryDequeue(out TaskCompletionSource? waiter))
        {
            if (waiter.TrySetResult())
            {
                return;
            }
        }
    }

    /// <summary>Releases all.</summary>
    public void ReleaseAll()
    {
        while (_waiting.TryDequeue(out TaskCompletionSource? waiter))
        {
            waiter.TrySetResult();
        }
    }

    private static async Task WaitOrGiveUpAsync(TaskCompletionSource waiter, CancellationToken cancellationToken)
    {
        using (cancellationToken.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetCanceled(), waiter))
        {
            await waiter.Task.ConfigureAwait(false);
        }
    }
}
