using Etcd.Peer;
using Etcd.Server.Membership;

namespace Etcd.Server.Bootstrap;

/// <summary>Asks the members named in the settings what cluster they form, before this member is part of it.</summary>
internal sealed class RunningCluster(IPeerQueries queries, TimeProvider time)
{
    /// <summary>The cluster as the first member tells it that gives a usable answer.</summary>
    /// <param name="members">Whom to ask; their URLs are tried in ascending order.</param>
    /// <param name="patience">How long to wait for each.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns><see langword="null"/> if there is no usable answer.</returns>
    internal async Task<PeerClusterAnswer?> FindAsync(IEnumerable<Member> members, TimeSpan patience, CancellationToken cancellationToken)
    {
        foreach (string url in members.SelectMany(member => member.PeerUrls).Order(StringComparer.Ordinal))
        {
            using var limit = new CancellationTokenSource(patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            try
            {
                PeerClusterAnswer answer = await queries.GetMembersAsync(url, either.Token).ConfigureAwait(false);
                if (answer.Members.Count > 0)
                {
                    return answer;
                }
            }
            catch (PeerQueryException)
            {
                // The next one may know.
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // It was given its time.
            }
        }

        return null;
    }
}
