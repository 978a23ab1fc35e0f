using Etcd.Protocol.Errors;
using Etcd.Server.Pumps;

namespace Etcd.Server.Consensus;

/// <summary>Makes reads linearizable.</summary>
/// <remarks>
/// A sole voter needs no round: whatever was acknowledged anywhere is applied here. Another member can acknowledge what is not when it voted until a
/// moment ago, or when it has applied its own promotion and this one has not; so the loop calls this member a sole voter only while no change
/// of the members is on its way, and not before it has applied all that was committed when the last one came into force. It counts only if
/// it still holds <em>after</em> the state was taken: checking only before would let a pause of the process in between serve a stale
/// read (incident #20418).
/// </remarks>
internal sealed class ReadGate(RaftLoop loop, Proposals proposals, Execution execution)
{
    /// <summary>Whether state taken just before this call is linearizable as it is.</summary>
    internal bool IsSoleVoter => loop.Leadership.IsSoleVoter;

    /// <summary>Completes when this member has applied all that was committed anywhere when the call was made.</summary>
    /// <param name="cancellationToken">Ends the wait; the caller's deadline.</param>
    /// <exception cref="EtcdException">No leader confirmed it in time, there are too many, or the member stops.</exception>
    internal Task ConfirmAsync(CancellationToken cancellationToken) => ConfirmAsync(needsApplied: true, cancellationToken);

    /// <summary>Completes when a quorum has confirmed, after the call was made, who leads. What was committed need not be applied here.</summary>
    /// <param name="cancellationToken">Ends the wait; the caller's deadline.</param>
    /// <exception cref="EtcdException">No leader confirmed it in time, there are too many, or the member stops.</exception>
    internal Task ConfirmLeaderAsync(CancellationToken cancellationToken) => ConfirmAsync(needsApplied: false, cancellationToken);

    private Task ConfirmAsync(bool needsApplied, CancellationToken cancellationToken)
    {
        var waiter = new ReadWaiter(proposals.DeadlineFromNow(), execution.Completions, needsApplied);
        if (!loop.TryRead(waiter))
        {
            throw new EtcdException(loop.IsStopped ? EtcdErrorCode.Stopped : EtcdErrorCode.TooManyRequests);
        }

        return waiter.Confirmed.WaitAsync(cancellationToken);
    }

    /// <summary>Takes state that is linearizable.</summary>
    /// <param name="take">Takes the state; called again if what it took turned out not to count.</param>
    /// <param name="cancellationToken">Ends the wait; the caller's deadline.</param>
    internal async ValueTask<T> ReadAsync<T>(Func<T> take, CancellationToken cancellationToken)
    {
        if (IsSoleVoter)
        {
            T state = take();
            if (IsSoleVoter)
            {
                return state;
            }
        }

        await ConfirmAsync(cancellationToken).ConfigureAwait(false);
        return take();
    }
}
