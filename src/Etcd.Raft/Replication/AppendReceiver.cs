namespace Etcd.Raft;

/// <summary>Follower: takes in entries and heartbeats of the leader (raft paper, section 5.3).</summary>
internal sealed class AppendReceiver(RaftCore core)
{
    public void OnAppend(RaftMessage append)
    {
        // What is committed here matches by definition; saying so lets the leader skip ahead.
        if (append.Index < core.Log.Committed)
        {
            Acknowledge(append.From, core.Log.Committed);
            return;
        }

        var previous = new EntryId(append.LogTerm, append.Index);
        if (core.Log.TryAppend(previous, append.Entries.Span, append.Commit, out ulong lastNew))
        {
            Acknowledge(append.From, lastNew);
            return;
        }

        core.Observer?.Observe(new AppendRefused(append.From, append.Index, core.Log.TermOrZero(append.Index), append.LogTerm));
        Refuse(append);
    }

    public void OnHeartbeat(RaftMessage heartbeat)
    {
        core.Log.CommitTo(heartbeat.Commit);
        core.Outbox.Send(new RaftMessage
        {
            Type = MessageType.HeartbeatResponse,
            To = heartbeat.From,
            From = core.Id,
            Term = core.Term,
            Context = heartbeat.Context,
        });
    }

    private void Acknowledge(ulong leader, ulong index) => core.Outbox.SendAfterAppend(new RaftMessage
    {
        Type = MessageType.AppendResponse,
        To = leader,
        From = core.Id,
        Term = core.Term,
        Index = index,
    });

    /// <summary>Refuses, naming the last place where both logs may match: our last entry whose term is not above the
    /// leader's at the refused place.</summary>
    private void Refuse(RaftMessage append)
    {
        EntryId hint = core.Log.FindLastNotAbove(Math.Min(append.Index, core.Log.LastIndex), append.LogTerm);
        core.Outbox.SendAfterAppend(new RaftMessage
        {
            Type = MessageType.AppendResponse,
            To = append.From,
            From = core.Id,
            Term = core.Term,
            Index = append.Index,
            Reject = true,
            RejectHint = hint.Index,
            LogTerm = hint.Term,
        });
    }
}
