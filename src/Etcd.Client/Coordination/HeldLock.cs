using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>A lock that is held. Dispose it to release it.</summary>
public sealed class HeldLock : IAsyncDisposable
{
    private readonly Tenure _tenure;

    internal HeldLock(WaitingLine line, Place place, LeaseSession session, bool ownsSession, TimeProvider time) =>
        _tenure = new Tenure(line, place, session, ownsSession, time);

    /// <summary>The key that exists for as long as the lock is held.</summary>
    public EtcdBytes Key => _tenure.Key;

    /// <summary>Grows with each holder: the fencing token. Who guards a resource outside etcd passes it along, and the resource refuses whoever comes with
    /// a smaller one than it has seen.</summary>
    public long Revision => _tenure.Revision;

    /// <summary>The fence for changes in etcd itself: a transaction with this condition is made only while the lock is held.</summary>
    public Compare IsHeld => _tenure.IsKept;

    /// <summary>Cancelled when the lock is lost, because its lease is or may be: stop then.</summary>
    public CancellationToken Lost => _tenure.Lost;

    /// <summary>Releases the lock. Releasing it twice, or after it was lost, does nothing.</summary>
    public ValueTask DisposeAsync() => _tenure.DisposeAsync();

    internal Task LeaveAsync() => _tenure.LeaveAsync();
}
