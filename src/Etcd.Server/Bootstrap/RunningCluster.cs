using System.Runtime.CompilerServices;

using Etcd.Peer;
using Etcd.Server.Membership;

namespace Etcd.Server.Bootstrap;

/// <summary>Asks the members named in the settings what cluster they form, before this member is part of it.</summary>
internal sealed class RunningCluster(IPeerQueries queries, TimeProvider time)
{
    /// <summary>The cluster as the first member tells it that gives a usable answer.</summary>
    /// <returns><see langword="null"/> if there is no usable answer.</returns>
    internal async Task<PeerClusterAnswer?> FindAsync(IEnumerable<Member> members, TimeSpan patience, CancellationToken cancellationToken)
    {
        await foreach (PeerClusterAnswer answer in AskAsync(members, patience, cancellationToken).ConfigureAwait(false))
        {
            return answer;
        }

        return null;
    }

    /// <summary>The cluster as each member tells it; a member is asked when the answer of the one before was not enough.</summary>
    /// <param name="members">Whom to ask; their URLs are tried in ascending order.</param>
    /// <param name="patience">How long to wait for each.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The usable answers.</returns>
    internal async IAsyncEnumerable<PeerClusterAnswer> AskAsync(
        IEnumerable<Member> members, TimeSpan patience, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (string url in members.SelectMany(member => member.PeerUrls).Order(StringComparer.Ordinal))
        {
            if (await TryAskAsync(url, patience, cancellationToken).ConfigureAwait(false) is { Members.Count: > 0 } answer)
            {
                yield return answer;
            }
        }
    }

    private async Task<PeerClusterAnswer?> TryAskAsync(string url, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await queries.GetMembersAsync(url, either.Token).ConfigureAwait(false);
        }
        catch (PeerQueryException)
        {
            // The next one may know.
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It was given its time.
        }

        return null;
    }
}
