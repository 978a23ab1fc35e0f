using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>The lead in an election. Dispose it to resign.</summary>
public sealed class Leadership : IAsyncDisposable
{
    private readonly Tenure _tenure;

    internal Leadership(WaitingLine line, Place place, LeaseSession session, bool ownsSession, TimeProvider time) =>
        _tenure = new Tenure(line, place, session, ownsSession, time);

    /// <summary>The key that exists for as long as the lead is held; its value is what the leader proclaims.</summary>
    public EtcdBytes Key => _tenure.Key;

    /// <summary>Grows with each leader: the fencing token, as <see cref="HeldLock.Revision"/>.</summary>
    public long Revision => _tenure.Revision;

    /// <summary>The fence for changes in etcd itself: a transaction with this condition is made only under this leader.</summary>
    public Compare IsHeld => _tenure.IsKept;

    /// <summary>Cancelled when the lead is lost, because its lease is or may be: stop then.</summary>
    public CancellationToken Lost => _tenure.Lost;

    /// <summary>Proclaims another value.</summary>
    /// <exception cref="LeadershipLostException">Somebody else may lead by now.</exception>
    /// <exception cref="Grpc.RpcException">The call failed.</exception>
    public async Task ProclaimAsync(EtcdBytes value, CancellationToken cancellationToken = default)
    {
        TxnResponse reply = await _tenure.ReplaceAsync(value, cancellationToken).ConfigureAwait(false);
        if (!reply.Succeeded)
        {
            throw new LeadershipLostException();
        }
    }

    /// <summary>Resigns. Doing so twice, or after the lead was lost, does nothing.</summary>
    public ValueTask DisposeAsync() => _tenure.DisposeAsync();

    internal Task LeaveAsync() => _tenure.LeaveAsync();
}
