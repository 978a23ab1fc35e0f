using Etcd.Grpc;
using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>A lease that is kept alive in the background: what locks and candidacies hang on. While it lives, its holder may act; when it is gone, so are
/// its keys, and others may go on.</summary>
/// <remarks>Opened by <see cref="LeaseClient.OpenSessionAsync"/>. Several locks and candidacies may share one.</remarks>
public sealed class LeaseSession : IAsyncDisposable
{
    // Who leaves does not wait long for a cluster that does not answer: the lease ends by itself.
    private static readonly TimeSpan GoodbyeMax = TimeSpan.FromSeconds(5);

    private readonly LeaseClient _leases;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _lost = new();
    private readonly Task _renewing;
    private int _isDisposed;

    internal LeaseSession(LeaseClient leases, TimeProvider time, LeaseGrantResponse lease)
    {
        _leases = leases;
        _time = time;
        LeaseId = lease.ID;
        TtlSeconds = lease.TTL;
        Lost = _lost.Token;
        _renewing = RenewAsync(lease, _closing.Token);
    }

    /// <summary>The lease.</summary>
    public long LeaseId { get; }

    /// <summary>How long the lease outlives its last renewal, in seconds; the server may have raised what was asked for.</summary>
    public long TtlSeconds { get; }

    /// <summary>Cancelled when the lease is gone, or when nobody answered for so long that it may be: whoever acts under the session stops then.</summary>
    public CancellationToken Lost { get; }

    /// <summary>Why the session was lost; <see langword="null"/> while it lives or when it was closed.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Stops renewing and revokes the lease, with all its keys.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        await _renewing.ConfigureAwait(false);
        if (!_lost.IsCancellationRequested)
        {
            await SayGoodbyeAsync(cancellationToken => _leases.RevokeAsync(LeaseId, cancellationToken), _time).ConfigureAwait(false);
            await _lost.CancelAsync().ConfigureAwait(false);
        }

        _closing.Dispose();
        _lost.Dispose();
    }

    /// <summary>Cleans up at the cluster. That it cannot be reached is no failure: the lease cleans up then.</summary>
    internal static async Task SayGoodbyeAsync(Func<CancellationToken, Task> call, TimeProvider time)
    {
        using CancellationTokenSource limit = new(GoodbyeMax, time);
        try
        {
            await call(limit.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is RpcException or OperationCanceledException)
        {
            return;
        }
    }

    private async Task RenewAsync(LeaseGrantResponse lease, CancellationToken closing)
    {
        try
        {
            await foreach (LeaseKeepAliveResponse _ in _leases.KeepAliveAsync(lease, closing).ConfigureAwait(false))
            {
            }
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
            // Closed by its owner.
        }
        catch (Exception failure) when (failure is LeaseExpiredException or RpcException)
        {
            Failure = failure;
            await _lost.CancelAsync().ConfigureAwait(false);
        }
    }
}
