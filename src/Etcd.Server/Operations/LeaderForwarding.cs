using Etcd.Peer;
using Etcd.Protocol.Errors;
using Etcd.Server.Consensus;
using Etcd.Server.Membership;
using Etcd.Server.Pumps;

namespace Etcd.Server.Operations;

/// <summary>Brings what only the leader can answer, and what does not go through the log, to whoever leads: here if this member does, else to
/// the leader's peer URLs, until there is an answer or the request time-out is over.</summary>
internal sealed class LeaderForwarding(
    IPeerQueries queries, RaftLoop loop, ClusterMembership membership, TimeProvider time, ServerOptions options,
    Execution execution)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks as a leader.</summary>
    /// <returns><see langword="null"/> when this member does not lead (any more).</returns>
    internal delegate ValueTask<T?> AskHere<T>(CancellationToken cancellationToken)
        where T : class;

    /// <summary>Asks the leader at one of its URLs.</summary>
    internal delegate Task<T> AskPeer<T>(IPeerQueries queries, string url, CancellationToken cancellationToken);

    /// <summary>Asks until there is an answer.</summary>
    /// <param name="askHere">Asks this member.</param>
    /// <param name="askPeer">Asks another.</param>
    /// <param name="refusalOf">What the caller is told after such an answer; <see langword="null"/> asks again.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EtcdException">The leader refused, or did not answer in time.</exception>
    internal async ValueTask<T> AskAsync<T>(
        AskHere<T> askHere, AskPeer<T> askPeer, Func<PeerQueryException, EtcdException?> refusalOf, CancellationToken cancellationToken)
        where T : class
    {
        if (loop.Leadership.IsLeader && await askHere(cancellationToken).ConfigureAwait(false) is { } quick)
        {
            return quick;
        }

        using var limit = new CancellationTokenSource(options.RequestTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            while (true)
            {
                T? answer = loop.Leadership.IsLeader
                    ? await askHere(either.Token).ConfigureAwait(false)
                    : await AskLeaderAsync(askPeer, refusalOf, either.Token).ConfigureAwait(false);
                if (answer is not null)
                {
                    return answer;
                }

                await execution.DelayAsync(Pause, time, either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new EtcdException(loop.Leadership.Leader == 0 ? EtcdErrorCode.NoLeader : EtcdErrorCode.Timeout);
        }
    }

    private async Task<T?> AskLeaderAsync<T>(
        AskPeer<T> askPeer, Func<PeerQueryException, EtcdException?> refusalOf, CancellationToken cancellationToken)
        where T : class
    {
        foreach (string url in membership.View.Find(loop.Leadership.Leader)?.PeerUrls ?? [])
        {
            try
            {
                return await askPeer(queries, url, cancellationToken).ConfigureAwait(false);
            }
            catch (PeerQueryException failure)
            {
                // Other failures pass: the next URL or the next leader may answer.
                if (refusalOf(failure) is { } refusal)
                {
                    throw refusal;
                }
            }
        }

        return null;
    }
}
