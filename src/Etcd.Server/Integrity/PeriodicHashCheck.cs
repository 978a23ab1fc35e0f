using Etcd.Mvcc;
using Etcd.Peer;
using Etcd.Server.Consensus;
using Etcd.Server.Membership;

namespace Etcd.Server.Integrity;

/// <summary>The leader's comparison of all members' keys at its own newest revision.</summary>
/// <remarks>A member that is behind, or has compacted otherwise, is passed over; it is compared next time.</remarks>
internal sealed class PeriodicHashCheck(
    ulong memberId, MvccStore store, ClusterMembership membership, PeerHashes peers, ReadGate gate, CorruptionAlarm alarm, IntegrityLog log)
{
    /// <summary>Compares once.</summary>
    /// <exception cref="Protocol.Errors.EtcdException">This member could not confirm in time that it still leads.</exception>
    internal async Task RunAsync(CancellationToken stopping)
    {
        HashKvResult own = store.HashByRevision(0);
        ClusterView cluster = membership.View;
        PeerHash[] answered =
        [
            .. (await peers.AskAsync(cluster.Members, own.Revision, stopping).ConfigureAwait(false)).Where(peer => peer.Answer is not null),
        ];

        // Whatever the others have applied by now was committed, so that this member has it too after the next line.
        await gate.ConfirmAsync(stopping).ConfigureAwait(false);
        HashKvResult after = store.HashByRevision(0);

        var corrupt = new SortedSet<ulong>();
        if (after.Hash != own.Hash && after.Revision == own.Revision && after.CompactRevision == own.CompactRevision)
        {
            log.OwnHashChanged(own.Revision, own.CompactRevision, own.Hash, after.Revision, after.CompactRevision, after.Hash);
            corrupt.Add(memberId);
        }

        foreach (PeerHash peer in answered)
        {
            if (IsAhead(peer, after))
            {
                corrupt.Add(peer.Member.Id);
            }
        }

        corrupt.UnionWith(Differing(own, answered, cluster.Members.Count));
        foreach (ulong id in corrupt)
        {
            await alarm.RaiseAsync(id).ConfigureAwait(false);
        }

        log.PeriodicCheckFinished(answered.Length);
    }

    // A follower has nothing that its leader has not.
    private bool IsAhead(PeerHash peer, HashKvResult after)
    {
        PeerHashAnswer answer = peer.Answer!;
        string other = Member.FormatId(peer.Member.Id);
        bool isAhead = false;
        if (answer.Revision > after.CurrentRevision)
        {
            log.FollowerIsAhead(after.CurrentRevision, answer.Revision, other);
            isAhead = true;
        }

        if (answer.CompactRevision > after.CompactRevision)
        {
            log.FollowerCompactedAhead(after.CompactRevision, answer.CompactRevision, other);
            isAhead = true;
        }

        return isAhead;
    }

    private IReadOnlyList<ulong> Differing(HashKvResult own, PeerHash[] answered, int membersCount)
    {
        List<(ulong, uint)> hashes = [(memberId, own.Hash)];
        foreach (PeerHash peer in answered)
        {
            PeerHashAnswer answer = peer.Answer!;
            if (answer.CompactRevision != own.CompactRevision)
            {
                continue;
            }

            hashes.Add((peer.Member.Id, answer.Hash));
            if (answer.Hash != own.Hash)
            {
                log.HashesDiffer(own.CompactRevision, own.Hash, answer.CompactRevision, answer.Hash, Member.FormatId(peer.Member.Id));
            }
        }

        return HashVote.Differing(hashes, membersCount);
    }
}
