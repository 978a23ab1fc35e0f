using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>A lock that is held. Dispose it to release it.</summary>
public sealed class HeldLock : IAsyncDisposable
{
    private readonly WaitingLine _line;
    private readonly Place _place;
    private readonly LeaseSession _session;
    private readonly bool _ownsSession;
    private readonly TimeProvider _time;
    private int _isReleased;

    internal HeldLock(WaitingLine line, Place place, LeaseSession session, bool ownsSession, TimeProvider time)
    {
        _line = line;
        _place = place;
        _session = session;
        _ownsSession = ownsSession;
        _time = time;
    }

    /// <summary>The key that exists for as long as the lock is held.</summary>
    public EtcdBytes Key => _place.Key;

    /// <summary>Grows with each holder: the fencing token. Who guards a resource outside etcd passes it along, and the resource refuses whoever comes with
    /// a smaller one than it has seen.</summary>
    public long Revision => _place.Revision;

    /// <summary>The fence for changes in etcd itself: a transaction with this condition is made only while the lock is held.</summary>
    public Compare IsHeld => _place.IsKept;

    /// <summary>Cancelled when the lock is lost, because its lease is or may be: stop then.</summary>
    public CancellationToken Lost => _session.Lost;

    /// <summary>Releases the lock. Releasing it twice, or after it was lost, does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) != 0)
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
