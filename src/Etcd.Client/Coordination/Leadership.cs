using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>The lead in an election. Dispose it to resign.</summary>
public sealed class Leadership : IAsyncDisposable
{
    private readonly WaitingLine _line;
    private readonly Place _place;
    private readonly LeaseSession _session;
    private readonly bool _ownsSession;
    private readonly TimeProvider _time;
    private int _hasResigned;

    internal Leadership(WaitingLine line, Place place, LeaseSession session, bool ownsSession, TimeProvider time)
    {
        _line = line;
        _place = place;
        _session = session;
        _ownsSession = ownsSession;
        _time = time;
    }

    /// <summary>The key that exists for as long as the lead is held; its value is what the leader proclaims.</summary>
    public EtcdBytes Key => _place.Key;

    /// <summary>Grows with each leader: the fencing token, as <see cref="HeldLock.Revision"/>.</summary>
    public long Revision => _place.Revision;

    /// <summary>The fence for changes in etcd itself: a transaction with this condition is made only under this leader.</summary>
    public Compare IsHeld => _place.IsKept;

    /// <summary>Cancelled when the lead is lost, because its lease is or may be: stop then.</summary>
    public CancellationToken Lost => _session.Lost;

    /// <summary>Proclaims another value.</summary>
    /// <exception cref="LeadershipLostException">Somebody else may lead by now.</exception>
    /// <exception cref="Grpc.RpcException">The call failed.</exception>
    public async Task ProclaimAsync(EtcdBytes value, CancellationToken cancellationToken = default)
    {
        TxnResponse reply = await _line.ReplaceAsync(_place, value, _session.LeaseId, cancellationToken).ConfigureAwait(false);
        if (!reply.Succeeded)
        {
            throw new LeadershipLostException();
        }
    }

    /// <summary>Resigns. Doing so twice, or after the lead was lost, does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _hasResigned, 1) != 0)
        {
            return;
        }

        await LeaveAsync().ConfigureAwait(false);
        if (_ownsSession)
        {
            await _session.DisposeAsync().ConfigureAwait(false);
        }
    }

    internal Task LeaveAsync() =>
        LeaseSession.SayGoodbyeAsync(cancellationToken => _line.LeaveAsync(_place, cancellationToken), _time);
}
