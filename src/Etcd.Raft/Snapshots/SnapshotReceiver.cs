namespace Etcd.Raft;

/// <summary>Follower: takes in a snapshot of the leader (raft paper, section 7).</summary>
internal sealed class SnapshotReceiver(RaftCore core)
{
    public void OnSnapshot(RaftMessage message)
    {
        Snapshot snapshot = message.Snapshot ?? Snapshot.None;
        bool restored = TryRestore(snapshot);
        core.Observer?.Observe(new SnapshotHandled(restored, core.Log.Committed, snapshot.Metadata.Index, snapshot.Metadata.Term));

        // Either way the leader learns from where to go on.
        core.Outbox.SendAfterAppend(new RaftMessage
        {
            Type = MessageType.AppendResponse,
            To = message.From,
            From = core.Id,
            Term = core.Term,
            Index = restored ? core.Log.LastIndex : core.Log.Committed,
        });
    }

    private bool TryRestore(Snapshot snapshot)
    {
        SnapshotMetadata at = snapshot.Metadata;
        if (at.Index <= core.Log.Committed)
        {
            return false;
        }

        if (!Names(at.ConfState, core.Id))
        {
            core.Observer?.Observe(new SnapshotRefused(SnapshotFault.ReceiverIsNotMember, at.ConfState));
            return false;
        }

        EntryId last = core.Log.LastEntry;
        if (core.Log.Contains(new EntryId(at.Term, at.Index)))
        {
            // The log has all that the snapshot has: take over only that it is committed.
            core.Observer?.Observe(new SnapshotFastForwarded(core.Log.Committed, last.Index, last.Term, at.Index, at.Term));
            core.Log.CommitTo(at.Index);
            return false;
        }

        core.Log.Restore(snapshot);
        core.Membership.Install(at);
        last = core.Log.LastEntry;
        core.Observer?.Observe(new SnapshotRestored(core.Log.Committed, last.Index, last.Term, at.Index, at.Term));
        return true;
    }

    // A future learner is an outgoing voter, so those two lists name everybody.
    private static bool Names(ConfState configuration, ulong id) =>
        configuration.Voters.Contains(id) || configuration.Learners.Contains(id) || configuration.VotersOutgoing.Contains(id);
}
