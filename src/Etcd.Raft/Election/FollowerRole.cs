namespace Etcd.Raft;

/// <summary>What a follower does with a message of its term.</summary>
internal sealed class FollowerRole(RaftCore core)
{
    private readonly AppendReceiver _appends = new(core);
    private readonly SnapshotReceiver _snapshots = new(core);

    public StepOutcome Step(RaftMessage message)
    {
        switch (message.Type)
        {
            case MessageType.Propose:
                return core.Proposals.Step(message);
            case MessageType.Append:
                core.HearFrom(message.From);
                _appends.OnAppend(message);
                break;
            case MessageType.Heartbeat:
                core.HearFrom(message.From);
                _appends.OnHeartbeat(message);
                break;
            case MessageType.Snapshot:
                core.HearFrom(message.From);
                _snapshots.OnSnapshot(message);
                break;
            case MessageType.TransferLeader:
                core.Transfer.Forward(message.From);
                break;
            case MessageType.ForgetLeader:
                ForgetLeader();
                break;
            case MessageType.TimeoutNow:
                core.Observer?.Observe(new TimeoutNowReceived(message.From, core.Term, core.Role));

                // No pre-vote: the leader itself wants this election.
                core.Campaign.Start(CampaignKind.Transfer);
                break;
            case MessageType.ReadIndex:
                core.Reads.Forward(message);
                break;
            case MessageType.ReadIndexResponse:
                core.Reads.OnResponse(message);
                break;
        }

        return StepOutcome.Processed;
    }

    private void ForgetLeader()
    {
        if (core.Options.ReadOnlyOption == ReadOnlyOption.LeaseBased)
        {
            // The leader's lease rests on this member refusing votes while it hears the leader.
            core.Observer?.Observe(new ForgetLeaderRefused());
        }
        else if (core.Leader != 0)
        {
            core.Observer?.Observe(new LeaderForgotten(core.Leader, core.Term));
            core.ForgetLeader();
        }
    }
}
