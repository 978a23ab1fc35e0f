using Etcd.Raft;

namespace Etcd.Server.Consensus;

/// <summary>What a member does while the disk of its log does not answer. A leader could commit nothing of its own then, answer none of its clients,
/// and would keep its place all the same, since heartbeats need no disk: it hands leadership over, or gives it up. Nobody stands for
/// election meanwhile. Owned by the consensus loop.</summary>
internal sealed class StallStepDown(RaftNode node, LogStallWatch watch, int electionTicks)
{
    private int _ticksStalled;

    /// <summary>With every tick, before the node's own.</summary>
    internal void Tick()
    {
        bool isStalled = watch.IsStalled;
        node.StandsForElection = !isStalled;
        if (!isStalled || node.SoftState.Role != RaftRole.Leader)
        {
            _ticksStalled = 0;
            return;
        }

        ulong successor = FindSuccessor();
        if (successor == 0)
        {
            // Without this member there is no quorum: the others could not replace it, and what it has can still be read here.
            _ticksStalled = 0;
        }
        else if (_ticksStalled++ == 0)
        {
            node.TransferLeadership(successor);
        }
        else if (_ticksStalled > electionTicks)
        {
            // Whom it was offered to has not taken it: the others elect whom they can.
            node.StepDown();
        }
    }

    // The voter that lacks least; none if those that were heard of lately are no quorum among themselves.
    private ulong FindSuccessor()
    {
        RaftStatus status = node.Status;
        int voters = 0;
        int reached = 0;
        MemberProgress best = default;
        foreach (MemberProgress member in status.Progress)
        {
            if (member.IsLearner)
            {
                continue;
            }

            voters++;
            if (member.Id == status.Id || !member.RecentlyActive)
            {
                continue;
            }

            reached++;
            best = best.Id == 0 || member.Match > best.Match ? member : best;
        }

        return reached > voters / 2 ? best.Id : 0;
    }
}
