namespace Etcd.Raft;

/// <summary>Leader: sends its newest snapshot to a member whose next entries are gone (raft paper, section 7).</summary>
internal sealed class SnapshotSender(RaftCore core)
{
    /// <summary>Sends the snapshot and stops appends to the member.</summary>
    /// <returns>Whether it was sent.</returns>
    public bool TrySend(Progress member)
    {
        // A snapshot is large: not to somebody who may not be there.
        if (!member.RecentlyActive)
        {
            core.Observer?.Observe(new SnapshotDelayed(member.Id, SnapshotDelay.NotRecentlyActive));
            return false;
        }

        if (!core.Log.TryGetSnapshot(out Snapshot snapshot))
        {
            core.Observer?.Observe(new SnapshotDelayed(member.Id, SnapshotDelay.TemporarilyUnavailable));
            return false;
        }

        Invariant.Holds(!snapshot.IsEmpty, $"member {member.Id:x} needs a snapshot, and the storage has an empty one");
        SnapshotMetadata at = snapshot.Metadata;
        core.Observer?.Observe(new SnapshotSent(core.Log.FirstIndex, core.Log.Committed, at.Index, at.Term, member.View));
        member.BecomeSnapshot(at.Index);
        core.Observer?.Observe(new ProgressChanged(ProgressChange.PausedForSnapshot, member.View));
        core.Outbox.Send(new RaftMessage
        {
            Type = MessageType.Snapshot,
            To = member.Id,
            From = core.Id,
            Term = core.Term,
            Snapshot = snapshot,
        });
        return true;
    }
}
