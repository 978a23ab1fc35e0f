namespace Etcd.Raft;

/// <summary>Leader: takes in what members answer, and what the transport says about them.</summary>
internal sealed class FollowerAnswers(RaftCore core)
{
    public void OnAppendResponse(Progress member, RaftMessage response)
    {
        member.RecentlyActive = true;
        if (response.Reject)
        {
            OnRejected(member, response);
            return;
        }

        // A probe that tells nothing new still tells where both logs match.
        bool advanced = member.TryAdvanceMatch(response.Index);
        if (advanced || (member.Match == response.Index && member.State == ProgressState.Probe))
        {
            OnAccepted(member, response.Index);
        }
    }

    public void OnHeartbeatResponse(Progress member, RaftMessage response)
    {
        member.RecentlyActive = true;
        member.ResumeFlow();

        // Lost appends are noticed here: the member lives and does not have what was sent. In a full window this sends an empty
        // append, whose answer or refusal opens the window again.
        if (member.Match < core.Log.LastIndex || member.State == ProgressState.Probe)
        {
            core.Replicator.TrySendAppend(member, evenIfEmpty: true);
        }

        core.Reads.OnHeartbeatAnswered(member, response.Context.Span);
    }

    public void OnSnapshotStatus(Progress member, bool delivered)
    {
        if (member.State != ProgressState.Snapshot)
        {
            return;
        }

        if (delivered)
        {
            member.BecomeProbe();
            Report(ProgressChange.SnapshotSucceeded, member);
        }
        else
        {
            member.BecomeProbeAfterFailedSnapshot();
            Report(ProgressChange.SnapshotFailed, member);
        }

        // Delivered: its answer will say where to go on. Not delivered: try again no sooner than the next heartbeat.
        member.PauseFlow();
    }

    public void OnUnreachable(Progress member)
    {
        // Appends sent ahead are probably lost, and probing finds out.
        if (member.State == ProgressState.Replicate)
        {
            member.BecomeProbe();
        }

        Report(ProgressChange.Unreachable, member);
    }

    private void OnRejected(Progress member, RaftMessage response)
    {
        core.Observer?.Observe(new AppendRejectionReceived(member.Id, response.Index, response.RejectHint, response.LogTerm));

        // The member's term at the hint bounds where the logs can match: terms never fall along a log, so our entries
        // of higher terms than that can be skipped in one step instead of one probe each.
        ulong matchHint = response.LogTerm > 0
            ? core.Log.FindLastNotAbove(response.RejectHint, response.LogTerm).Index
            : response.RejectHint;
        if (!member.TryDecrease(response.Index, matchHint))
        {
            return;
        }

        Report(ProgressChange.Decreased, member);
        if (member.State == ProgressState.Replicate)
        {
            member.BecomeProbe();
        }

        core.Replicator.TrySendAppend(member, evenIfEmpty: true);
    }

    private void OnAccepted(Progress member, ulong index)
    {
        switch (member.State)
        {
            case ProgressState.Probe:
                member.BecomeReplicate();
                break;
            case ProgressState.Snapshot when member.Match + 1 >= core.Log.FirstIndex:
                // Whatever became of the snapshot, the member's log reaches ours. Its report may never come.
                Report(ProgressChange.RecoveredFromSnapshot, member);
                member.BecomeProbe();
                member.BecomeReplicate();
                break;
            case ProgressState.Replicate:
                member.ReleaseInflightsUpTo(index);
                break;
        }

        bool committed = core.Replicator.TryCommit();
        if (member.Id != core.Id)
        {
            core.Replicator.CatchUp(member, commitTold: committed);
        }

        core.Transfer.OnAcknowledged(member);
    }

    private void Report(ProgressChange change, Progress member) =>
        core.Observer?.Observe(new ProgressChanged(change, member.View));
}
