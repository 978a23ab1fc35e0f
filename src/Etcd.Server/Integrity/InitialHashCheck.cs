using Etcd.Mvcc;
using Etcd.Server.Bootstrap;
using Etcd.Server.Membership;

namespace Etcd.Server.Integrity;

/// <summary>Compares a restarted member's data with that of the others before it takes part in anything.</summary>
/// <remarks>It looks at the database as it was left, before the log is applied to it. Members that cannot be asked, are behind, or have
/// compacted since are passed over: a cluster that starts as a whole could never begin otherwise.</remarks>
internal sealed class InitialHashCheck(
    ulong memberId, ServerOptions options, Backend backend, MvccStore store, ClusterMembership membership, PeerHashes peers, IntegrityLog log)
{
    /// <summary>Checks.</summary>
    /// <exception cref="BootstrapException">Another member has other data at the same revision.</exception>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        string self = Member.FormatId(memberId);
        log.StartingInitialCheck(self, Observation.DurationText.Of(options.RequestTimeout));
        HashKvResult own = store.HashByRevision(0);
        bool differs = false;
        foreach (PeerHash peer in await peers.AskAsync(Members(), own.Revision, cancellationToken).ConfigureAwait(false))
        {
            differs |= Differs(own, peer);
        }

        if (differs)
        {
            string fault = $"{self} found data inconsistency with peers";
            log.InitialCheckFailed(fault);
            throw new BootstrapException(fault);
        }

        log.InitialCheckPassed(self);
    }

    private bool Differs(HashKvResult own, PeerHash peer)
    {
        string self = Member.FormatId(memberId);
        string other = Member.FormatId(peer.Member.Id);
        if (peer.Answer is not { } answer)
        {
            if (IsOf(peer, "required revision is a future revision"))
            {
                log.PeerIsSlow(self, own.Revision, own.CompactRevision, own.Hash, other, peer.Member.PeerUrls);
            }
            else if (IsOf(peer, "required revision has been compacted"))
            {
                log.LocalMemberIsBehind(self, own.Revision, own.CompactRevision, own.Hash, other, peer.Member.PeerUrls);
            }

            return false;
        }

        if (answer.Hash == own.Hash)
        {
            return false;
        }

        if (answer.CompactRevision != own.CompactRevision)
        {
            log.DifferentCompactRevision(
                self, own.Revision, own.CompactRevision, own.Hash,
                other, peer.Member.PeerUrls, answer.Revision, answer.CompactRevision, answer.Hash);
            return false;
        }

        log.DifferentHash(
            self, own.Revision, own.CompactRevision, own.Hash,
            other, peer.Member.PeerUrls, answer.Revision, answer.CompactRevision, answer.Hash);
        return true;
    }

    // Before the log has been applied, the members are known only as of the newest snapshot, which a young cluster has none of; the
    // database has them as of the keys.
    private IReadOnlyList<Member> Members()
    {
        var stored = new List<Member>();
        using BackendView view = backend.View();
        BackendCursor cursor = view.Scan(BackendBucket.Members);
        while (cursor.MoveNext())
        {
            stored.Add(MemberRecord.Read(cursor.Value.ToArray()));
        }

        return stored.Count > 0 ? stored : membership.View.Members;
    }

    // Real members leave the prefix of the text away, others may not.
    private static bool IsOf(PeerHash peer, string refusal) => peer.Refusal.EndsWith(refusal, StringComparison.Ordinal);
}
