namespace Etcd.Grpc.Transport;

/// <summary>The token of one wait inside a call: the call's own, joined with the caller's only when that can be cancelled.</summary>
internal readonly struct CallWait : IDisposable
{
    private readonly CancellationTokenSource? _joined;

    public CallWait(CancellationToken call, CancellationToken wait)
    {
        _joined = wait.CanBeCanceled && wait != call ? CancellationTokenSource.CreateLinkedTokenSource(call, wait) : null;
        Token = _joined?.Token ?? call;
    }

    public CancellationToken Token { get; }

    public void Dispose() => _joined?.Dispose();
}
