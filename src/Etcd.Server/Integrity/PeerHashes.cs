using Etcd.Peer;
using Etcd.Server.Membership;

namespace Etcd.Server.Integrity;

/// <summary>Asks the other members for their hash at a revision, one after the other.</summary>
internal sealed class PeerHashes(
    ulong memberId, ulong clusterId, ServerOptions options, IPeerQueries queries, TimeProvider time, IntegrityLog log)
{
    /// <summary>Asks all of the members but this one.</summary>
    /// <returns>One item for each of them that has a peer URL, in their order.</returns>
    internal async Task<IReadOnlyList<PeerHash>> AskAsync(IEnumerable<Member> members, long revision, CancellationToken stopping)
    {
        var hashes = new List<PeerHash>();
        foreach (Member member in members)
        {
            if (member.Id != memberId && member.PeerUrls.Count > 0)
            {
                hashes.Add(await AskAsync(member, revision, stopping).ConfigureAwait(false));
            }
        }

        return hashes;
    }

    private async Task<PeerHash> AskAsync(Member member, long revision, CancellationToken stopping)
    {
        string refusal = string.Empty;
        foreach (string url in member.PeerUrls)
        {
            using var limit = new CancellationTokenSource(options.RequestTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
            try
            {
                return new PeerHash(
                    member, await queries.GetHashKvAsync(url, revision, clusterId, either.Token).ConfigureAwait(false), string.Empty);
            }
            catch (PeerQueryException failure)
            {
                refusal = failure.Message;
            }
            catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
            {
                refusal = "no answer in time";
            }

            log.RequestFailed(Member.FormatId(memberId), revision, url, refusal);
        }

        return new PeerHash(member, null, refusal);
    }
}
