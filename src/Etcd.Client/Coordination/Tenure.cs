using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>The first place in a line, kept by a lease: what a lock and a lead have in common.</summary>
internal sealed class Tenure(WaitingLine line, Place place, LeaseSession session, bool ownsSession, TimeProvider time) : IAsyncDisposable
{
    private int _isOver;

    public EtcdBytes Key => place.Key;

    public long Revision => place.Revision;

    public Compare IsKept => place.IsKept;

    public CancellationToken Lost => session.Lost;

    /// <summary>Puts another value under the key, if it is still this place's.</summary>
    public Task<TxnResponse> ReplaceAsync(EtcdBytes value, CancellationToken cancellationToken) =>
        line.ReplaceAsync(place, value, session.LeaseId, cancellationToken);

    /// <summary>Gives the place up, as far as the cluster can be reached.</summary>
    public Task LeaveAsync() => LeaseSession.SayGoodbyeAsync(cancellationToken => line.LeaveAsync(place, cancellationToken), time);

    /// <summary>Gives the place up, once, and ends the session that was opened for it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isOver, 1) != 0)
        {
            return;
        }

        await LeaveAsync().ConfigureAwait(false);
        if (ownsSession)
        {
            await session.DisposeAsync().ConfigureAwait(false);
        }
    }
}
