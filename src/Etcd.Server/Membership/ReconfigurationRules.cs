using Etcd.Peer;
using Etcd.Protocol.Errors;

namespace Etcd.Server.Membership;

/// <summary>Refuses changes of the membership that would cost the cluster its quorum (<c>--strict-reconfig-check</c>). The rules are those of
/// etcd 3.5.30, looked at by the member that takes the client's call; apply looks at the rest.</summary>
internal sealed class ReconfigurationRules(ulong self, ClusterMembership membership, IPeerTransport peers, TimeProvider time, ServerOptions options)
{
    /// <summary>Whether a member may be added.</summary>
    /// <exception cref="EtcdException">Too few members have started, or are connected.</exception>
    internal void CheckAdd(bool asLearner)
    {
        if (!options.StrictReconfigCheck)
        {
            return;
        }

        List<Member> voters = Voters();
        int quorum = QuorumOf(voters.Count + 1);
        int started = voters.Count(voter => voter.HasStarted);
        bool isLone = voters.Count == 1 && started == 1;
        Refuse(!asLearner && !isLone && started < quorum, EtcdErrorCode.MemberNotEnoughStarted);

        // A voter that is added and does not start must not be the one too many that is missing.
        long healthySince = time.GetTimestamp() - (long)(options.PeerHealthInterval.TotalSeconds * time.TimestampFrequency);
        Refuse(voters.Count > 1 && ConnectedSince(voters, healthySince) < quorum, EtcdErrorCode.Unhealthy);
    }

    /// <summary>Whether a member may be removed; one that is not there is apply's to refuse.</summary>
    /// <exception cref="EtcdException">Too few of the others have started, or are connected.</exception>
    internal void CheckRemove(ulong id)
    {
        if (!options.StrictReconfigCheck || membership.View.Find(id) is { IsLearner: true })
        {
            return;
        }

        List<Member> voters = Voters();
        List<Member> remaining = [.. voters.Where(voter => voter.Id != id)];
        int started = remaining.Count(voter => voter.HasStarted);
        Refuse(remaining.Count == 0 || started < QuorumOf(remaining.Count), EtcdErrorCode.MemberNotEnoughStarted);
        if (id != self && peers.ActiveSince(id) is null)
        {
            // It is down, so the quorum does not count on it.
            return;
        }

        int active = ConnectedSince(voters, time.GetTimestamp());
        Refuse(active - 1 < 1 + ((voters.Count - 1) / 2), EtcdErrorCode.Unhealthy);
    }

    /// <summary>Whether a learner may become a voter, as far as the others are concerned.</summary>
    /// <exception cref="EtcdException">Too few voters have started.</exception>
    internal void CheckPromote()
    {
        if (!options.StrictReconfigCheck)
        {
            return;
        }

        // The learner counts as started: it has been found to keep up.
        List<Member> voters = Voters();
        Refuse(voters.Count(voter => voter.HasStarted) + 1 < QuorumOf(voters.Count + 1), EtcdErrorCode.MemberNotEnoughStarted);
    }

    private static int QuorumOf(int voters) => (voters / 2) + 1;

    private static void Refuse(bool isUnsafe, EtcdErrorCode code)
    {
        if (isUnsafe)
        {
            throw new EtcdException(code);
        }
    }

    private List<Member> Voters() => [.. membership.View.Members.Where(member => !member.IsLearner)];

    private int ConnectedSince(List<Member> voters, long timestamp) =>
        voters.Count(voter => voter.Id == self || (peers.ActiveSince(voter.Id) is { } since && since < timestamp));
}
