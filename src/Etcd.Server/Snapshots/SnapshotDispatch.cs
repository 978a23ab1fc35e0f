using Etcd.Mvcc;
using Etcd.Peer;
using Etcd.Raft;
using Etcd.Server.Membership;

namespace Etcd.Server.Snapshots;

/// <summary>Sends snapshots to members that need entries this one has no more.</summary>
/// <remarks>
/// Raft only names the receiver. What is sent is the newest state: apply builds it between two passes, where backend, v2 tree, configuration
/// and applied index all stand at the same entry, which the receiver relies on. It is no older than the snapshot raft has in mind, and
/// names the receiver, whose addition has been applied.
/// </remarks>
internal sealed class SnapshotDispatch
{
    /// <summary>Receivers that may wait; raft asks for one snapshot a member at a time.</summary>
    private const int WantedMax = 16;

    private readonly ulong _id;
    private readonly Backend _backend;
    private readonly ClusterMembership _membership;
    private readonly SnapshotLog _log;
    private readonly Lock _gate = new();
    private readonly List<RaftMessage> _wanted = [];

    private bool _isHeldUp; // by a defragmentation; the apply thread's own

    internal SnapshotDispatch(ulong id, Backend backend, ClusterMembership membership, SnapshotLog log)
    {
        _id = id;
        _backend = backend;
        _membership = membership;
        _log = log;
    }

    /// <summary>Carries snapshots away, and reports what became of each. Set before the start.</summary>
    internal IPeerTransport? Transport { get; set; }

    /// <summary>Told that a member will not get the snapshot that was asked for. Set before the start.</summary>
    internal Action<ulong> Lost { get; set; } = static _ => { };

    /// <summary>Asks apply to call <see cref="SendWanted"/>. Set before the start.</summary>
    internal Action TurnWanted { get; set; } = static () => { };

    /// <summary>Takes raft's wish to send a snapshot. Consensus loop.</summary>
    internal void Request(RaftMessage message)
    {
        lock (_gate)
        {
            if (_wanted.Count < WantedMax)
            {
                _wanted.Add(message);
                TurnWanted();
                return;
            }
        }

        GiveUp(message.To, "too many snapshots wait");
    }

    /// <summary>Sends what was asked for. Apply thread, between two passes.</summary>
    /// <param name="applied">Index and term of the last entry applied, and the configuration after it.</param>
    internal void SendWanted(SnapshotMetadata applied)
    {
        RaftMessage[] wanted = TakeWanted();
        if (wanted.Length == 0)
        {
            return;
        }

        var snapshot = new Snapshot(applied, _membership.Tree.TakeDump().ToJson());
        foreach (RaftMessage message in wanted)
        {
            Send(message, snapshot);
        }
    }

    private RaftMessage[] TakeWanted()
    {
        lock (_gate)
        {
            RaftMessage[] wanted = [.. _wanted];
            _wanted.Clear();
            return wanted;
        }
    }

    private void Send(RaftMessage message, Snapshot snapshot)
    {
        if (!Names(snapshot.Metadata.ConfState, message.To))
        {
            // Removed meanwhile: it would refuse what does not name it.
            GiveUp(message.To, "the receiver is no member any more");
            return;
        }

        // Apply waits for nobody's copy: raft asks again with the receiver's next sign of life.
        if (!_backend.TryTakeSnapshot(out BackendSnapshot? database))
        {
            GiveUpForDefragmentation(message.To);
            return;
        }

        _isHeldUp = false;
        var content = new DatabaseContent(database);
        _log.Sending(Member.FormatId(_id), Member.FormatId(message.To), snapshot.Metadata.Index, content.SizeBytes);
        var merged = new RaftMessage
        {
            Type = MessageType.Snapshot,
            To = message.To,
            From = message.From,
            Term = message.Term,
            Snapshot = snapshot,
        };
        Transport!.SendSnapshot(merged, content);
    }

    private static bool Names(ConfState configuration, ulong id) =>
        configuration.Voters.Contains(id) || configuration.Learners.Contains(id) || configuration.VotersOutgoing.Contains(id);

    private void GiveUpForDefragmentation(ulong receiver)
    {
        if (_isHeldUp)
        {
            // Said when it began.
            Lost(receiver);
            return;
        }

        _isHeldUp = true;
        GiveUp(receiver, "the database is being defragmented");
    }

    private void GiveUp(ulong receiver, string reason)
    {
        _log.NotSent(Member.FormatId(receiver), reason);
        Lost(receiver);
    }
}
