using Etcd.Client.Calls;

namespace Etcd.Client;

/// <summary>Locks that several programs agree on, also programs that use another client of etcd, <c>etcdctl lock</c> or the server's lock service.</summary>
/// <remarks>A lock is held by a lease. A holder that dies, hangs or is cut off loses it when the lease ends, and may not notice at once: see
/// <see cref="HeldLock.Revision"/> for what protects against that.</remarks>
public sealed class LockClient
{
    /// <summary>Default for the time to live of the lease behind a lock, in seconds.</summary>
    public const long DefaultTtlSeconds = 60;

    private readonly LeaseClient _leases;
    private readonly WaitingLine _line;
    private readonly CallInvoker _calls;

    internal LockClient(CallInvoker calls, LeaseClient leases, WaitingLine line)
    {
        _calls = calls;
        _leases = leases;
        _line = line;
    }

    /// <summary>Waits for a lock and takes it, with a session of its own.</summary>
    /// <param name="name">Name of the lock.</param>
    /// <param name="ttlSeconds">How long the lock outlives a holder that dies.</param>
    /// <param name="cancellationToken">Gives up; the place in the line is given up too.</param>
    /// <returns>The lock; dispose it to release it.</returns>
    /// <exception cref="LeaseExpiredException">The lease was lost while waiting.</exception>
    /// <exception cref="Grpc.RpcException">The call failed.</exception>
    public async Task<HeldLock> AcquireAsync(EtcdBytes name, long ttlSeconds = DefaultTtlSeconds, CancellationToken cancellationToken = default)
    {
        LeaseSession session = await _leases.OpenSessionAsync(ttlSeconds, cancellationToken).ConfigureAwait(false);
        try
        {
            return await AcquireAsync(name, session, ownsSession: true, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Waits for a lock and takes it for a session that lives on afterwards. A session that holds the lock already gets it again.</summary>
    /// <exception cref="LeaseExpiredException">The lease was lost while waiting.</exception>
    /// <exception cref="Grpc.RpcException">The call failed.</exception>
    public Task<HeldLock> AcquireAsync(EtcdBytes name, LeaseSession session, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        return AcquireAsync(name, session, ownsSession: false, cancellationToken);
    }

    /// <summary>Takes a lock if nobody holds it.</summary>
    /// <returns>The lock; <see langword="null"/> when somebody else has it.</returns>
    /// <exception cref="Grpc.RpcException">The call failed.</exception>
    public async Task<HeldLock?> TryAcquireAsync(EtcdBytes name, LeaseSession session, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        Place place = await _line.JoinAsync(name, session.LeaseId, default, cancellationToken).ConfigureAwait(false);
        if (place.IsFirst)
        {
            return new HeldLock(_line, place, session, ownsSession: false, _calls.Time);
        }

        await _line.LeaveAsync(place, cancellationToken).ConfigureAwait(false);
        return null;
    }

    private async Task<HeldLock> AcquireAsync(EtcdBytes name, LeaseSession session, bool ownsSession, CancellationToken cancellationToken)
    {
        Place place = await _line.JoinAsync(name, session.LeaseId, default, cancellationToken).ConfigureAwait(false);
        HeldLock held = new(_line, place, session, ownsSession, _calls.Time);
        try
        {
            if (!place.IsFirst)
            {
                await _line.WaitForTurnAsync(place, session, cancellationToken).ConfigureAwait(false);
            }

            return held;
        }
        catch
        {
            await held.LeaveAsync().ConfigureAwait(false);
            throw;
        }
    }
}
