using Etcd.Lease;
using Etcd.Server.Leases;
using Etcd.Server.Membership;
using Etcd.Server.Observation;
using Etcd.Server.V2Api;

namespace Etcd.Server.Consensus;

/// <summary>What changes in a member when it begins to lead, or another one does.</summary>
internal sealed class LeadershipEffects(
    RaftLoop loop,
    Lessor lessor,
    RevokesUnderWay revokes,
    RaftStatistics statistics,
    HeartbeatWatch heartbeats,
    TimeoutCause timeoutCause,
    ClusterVersionMonitor versions,
    ServerInstruments instruments,
    TimeSpan electionTimeout)
{
    private ulong _leaderSeen; // the loop's own

    /// <summary>Leadership has changed. On the loop's thread.</summary>
    internal void Changed(LeadershipView view)
    {
        if (view.Leader != 0 && view.Leader != _leaderSeen)
        {
            instruments.CountLeaderChange();
        }

        statistics.Saw(view);
        heartbeats.Reset();
        if (!view.IsLeader)
        {
            lessor.Demote();
            revokes.Clear();
        }
        else if (_leaderSeen != view.Leader)
        {
            timeoutCause.NoteElected();
        }

        _leaderSeen = view.Leader;
    }

    /// <summary>The first entry of a term is applied. On the apply thread.</summary>
    internal void TermBegan(ulong term)
    {
        LeadershipView view = loop.Leadership;
        if (view.IsLeader && view.Term == term)
        {
            // All of earlier terms is applied: the leases are complete, and get a full life under the new leader.
            lessor.Promote(electionTimeout);
            versions.TermBegan();

            // The loop may have lost the leadership since the look above, and demoted before this promotion.
            LeadershipView now = loop.Leadership;
            if (!now.IsLeader || now.Term != term)
            {
                lessor.Demote();
            }
        }
    }
}
