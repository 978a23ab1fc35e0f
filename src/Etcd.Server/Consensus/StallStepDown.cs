using Etcd.Raft;

namespace Etcd.Server.Consensus;

/// <summary>What a member does while the disk of its log does not answer. A leader could commit nothing of its own then, answer none of its clients,
/// and would keep its place all the same, since heartbeats need no disk: it hands leadership over, or gives it up. Nobody stands for
/// election meanwhile. Owned by the consensus loop.</summary>
internal sealed class StallStepDown(RaftNode node, LogStallWatch watch, int electionTicks)
{
    private readonly Dictionary<ulong, ulong> _matchBefore = [];
    private int _ticksStalled;
    private int _ticksSinceOffer;
    private int _ticksSinceSuccessor;

    /// <summary>With every tick, before the node's own.</summary>
    internal void Tick()
    {
        bool isStalled = watch.IsStalled;
        node.StandsForElection = !isStalled;
        if (!isStalled || node.SoftState.Role != RaftRole.Leader)
        {
            _ticksStalled = 0;
            _ticksSinceOffer = 0;
            return;
        }

        RaftStatus status = node.Status;
        if (_ticksStalled++ == 0)
        {
            RememberProgress(status);
        }

        ulong successor = FindSuccessor(status);
        _ticksSinceSuccessor = successor == 0 ? _ticksSinceSuccessor + 1 : 0;
        if (_ticksSinceOffer == 0)
        {
            Offer(successor);
        }
        else if (++_ticksSinceOffer > electionTicks)
        {
            GiveUp();
        }
    }

    // Without this member there may be no quorum: then the others could not replace it, and what it has can still be read here.
    private void Offer(ulong successor)
    {
        if (successor != 0)
        {
            node.TransferLeadership(successor);
            _ticksSinceOffer = 1;
        }
    }

    // Whom it was offered to has not taken it: the others elect whom they can, if they were a quorum lately. Who is heard of is asked anew once
    // an election time-out, so that one tick without anybody says nothing.
    private void GiveUp()
    {
        _ticksSinceOffer = 0;
        if (_ticksSinceSuccessor <= electionTicks)
        {
            node.StepDown();
        }
    }

    private void RememberProgress(RaftStatus status)
    {
        _matchBefore.Clear();
        foreach (MemberProgress member in status.Progress)
        {
            _matchBefore[member.Id] = member.Match;
        }
    }

    // The voter that lacks least; none if those that were heard of lately are no quorum among themselves. Heartbeats need no disk: only who
    // has made something durable since, or has all there is, is known to have one that answers.
    private ulong FindSuccessor(RaftStatus status)
    {
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
            bool goesOn = member.Match >= status.LastIndex || member.Match > _matchBefore.GetValueOrDefault(member.Id);
            if (member.Id == status.Id || !member.RecentlyActive || !goesOn)
            {
                continue;
            }

            reached++;
            best = best.Id == 0 || member.Match > best.Match ? member : best;
        }

        return reached > voters / 2 ? best.Id : 0;
    }
}
