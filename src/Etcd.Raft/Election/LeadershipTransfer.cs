namespace Etcd.Raft;

/// <summary>Hand-over of leadership to a member of the leader's choice (raft thesis, section 3.10).</summary>
internal sealed class LeadershipTransfer(RaftCore core)
{
    /// <summary>Member that leadership is being handed to; 0 for none. Proposals are dropped meanwhile, so that it can catch up.</summary>
    public ulong Target { get; private set; }

    public void Abort() => Target = 0;

    /// <summary>Leader: begins to hand over.</summary>
    public void Begin(Progress target)
    {
        if (target.IsLearner)
        {
            Report(TransferStep.TargetIsLearner, target.Id);
            return;
        }

        if (Target == target.Id)
        {
            Report(TransferStep.AlreadyUnderWay, target.Id);
            return;
        }

        if (Target != 0)
        {
            Report(TransferStep.AbortedForAnother, Target);
            Abort();
        }

        if (target.Id == core.Id)
        {
            Report(TransferStep.AlreadyLeader, target.Id);
            return;
        }

        // It has one election time-out to happen, counted from now.
        Report(TransferStep.Started, target.Id);
        core.Clock.RestartElection();
        Target = target.Id;
        if (HasWholeLog(target))
        {
            SendTimeoutNow();
            Report(TransferStep.TargetToldAtOnce, target.Id);
        }
        else
        {
            core.Replicator.TrySendAppend(target, evenIfEmpty: true);
        }
    }

    /// <summary>Leader: a member has acknowledged entries.</summary>
    public void OnAcknowledged(Progress member)
    {
        if (member.Id == Target && HasWholeLog(member))
        {
            Report(TransferStep.TargetToldAfterCatchUp, member.Id);
            SendTimeoutNow();
        }
    }

    /// <summary>Follower: passes the wish on to the leader.</summary>
    public void Forward(ulong target)
    {
        if (core.Leader == 0)
        {
            Report(TransferStep.NoLeader, target);
            return;
        }

        core.Outbox.Send(new RaftMessage
        {
            Type = MessageType.TransferLeader,
            To = core.Leader,
            From = target,
            Term = core.Term,
        });
    }

    private bool HasWholeLog(Progress target) => target.Match == core.Log.LastIndex;

    private void SendTimeoutNow() => core.Outbox.Send(new RaftMessage
    {
        Type = MessageType.TimeoutNow,
        To = Target,
        From = core.Id,
        Term = core.Term,
    });

    private void Report(TransferStep step, ulong target) =>
        core.Observer?.Observe(new TransferProgressed(step, core.Term, target));
}
