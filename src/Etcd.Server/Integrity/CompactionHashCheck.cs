using Etcd.Mvcc;
using Etcd.Server.Membership;
using Etcd.Server.Observation;

namespace Etcd.Server.Integrity;

/// <summary>The leader's comparison of the hashes that the members took while they carried out the same compactions.</summary>
/// <remarks>It costs the members nothing: the hashes are there. All members compact the same revisions in the same order, so a hash is missing only
/// from one whose compaction is still under way, was interrupted, or lies too far back; then an older one is tried.</remarks>
internal sealed class CompactionHashCheck(
    ulong memberId, ServerOptions options, MvccStore store, ClusterMembership membership, PeerHashes peers, CorruptionAlarm alarm, IntegrityLog log)
{
    private long _checkedRevision;

    /// <summary>Compares the newest compaction that all members have a hash of, unless that was done before.</summary>
    internal async Task RunAsync(CancellationToken stopping)
    {
        log.StartingCompactionCheck(Member.FormatId(memberId), DurationText.Of(options.RequestTimeout));
        int compared = 0;
        foreach (HashKvResult own in Unchecked())
        {
            ClusterView cluster = membership.View;
            IReadOnlyList<PeerHash> answers = await peers.AskAsync(cluster.Members, own.Revision, stopping).ConfigureAwait(false);
            if (answers.Count == 0)
            {
                continue;
            }

            compared++;
            if (await IsSettledAsync(own, answers, cluster.Members.Count).ConfigureAwait(false))
            {
                break;
            }
        }

        log.CompactionCheckFinished(compared);
    }

    private IEnumerable<HashKvResult> Unchecked() =>
        store.CompactionHashes.Where(hash => hash.Revision > _checkedRevision).OrderByDescending(hash => hash.Revision);

    /// <returns>Whether older compactions need no look: all members agree on this one, or an alarm was raised.</returns>
    private async Task<bool> IsSettledAsync(HashKvResult own, IReadOnlyList<PeerHash> answers, int membersCount)
    {
        List<(ulong, uint)> hashes = [(memberId, own.Hash)];
        foreach (PeerHash peer in answers)
        {
            if (peer.Answer is not { } answer || answer.CompactRevision != own.CompactRevision)
            {
                continue;
            }

            hashes.Add((peer.Member.Id, answer.Hash));
            if (answer.Hash != own.Hash)
            {
                log.CompactionHashesDiffer(
                    own.Revision, own.CompactRevision, own.Hash, answer.CompactRevision, answer.Hash, Member.FormatId(peer.Member.Id));
            }
        }

        IReadOnlyList<ulong> corrupt = HashVote.Differing(hashes, membersCount);
        foreach (ulong id in corrupt)
        {
            await alarm.RaiseAsync(id).ConfigureAwait(false);
        }

        if (corrupt.Count > 0)
        {
            return true;
        }

        int peersChecked = hashes.Count - 1;
        if (peersChecked < answers.Count)
        {
            log.CompactionSkipped(peersChecked, answers.Count, own.Revision);
            return false;
        }

        log.CompactionAgreed(peersChecked, own.Revision);
        _checkedRevision = own.Revision;
        return true;
    }
}
