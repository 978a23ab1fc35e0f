using Etcd.Raft;

namespace Etcd.Peer.Links;

/// <summary>The one way in for messages, whatever brought them: checks that a message may reach raft, and hands it over.</summary>
internal sealed class PeerInbox(ulong selfId, IPeerReceiver receiver, PeerLog log)
{
    private int _selfRemovalTold;

    /// <summary>Who takes what arrives.</summary>
    public IPeerReceiver Receiver { get; } = receiver;

    /// <summary>Hands over a message that comes without a database.</summary>
    public PeerDelivery Deliver(RaftMessage message)
    {
        if (!MayReachRaft(message))
        {
            return PeerDelivery.Refused;
        }

        if (message.Type == MessageType.Snapshot)
        {
            // Raft would begin its log behind it, and the state to go on from would be missing: etcd's members end on such a message.
            log.RejectedSnapshotWithoutDatabase(PeerHeaders.FormatId(selfId), PeerHeaders.FormatId(message.From));
            return PeerDelivery.Refused;
        }

        if (Receiver.TryReceive(message))
        {
            return PeerDelivery.Taken;
        }

        log.ReceiveQueueFull(message.Type.ToString(), PeerHeaders.FormatId(selfId), PeerHeaders.FormatId(message.From));
        return PeerDelivery.Full;
    }

    /// <summary>A member has answered that this one was removed. All of them do, to every stream: it is told once.</summary>
    public void OnSelfRemoved(ulong reportedBy)
    {
        if (Interlocked.Exchange(ref _selfRemovalTold, 1) == 0)
        {
            log.SelfRemoved(PeerHeaders.FormatId(selfId), PeerHeaders.FormatId(reportedBy));
        }

        Receiver.OnSelfRemoved(reportedBy);
    }

    /// <summary>Whether the message is for this member, from one that belongs to the cluster, and of a kind that travels.</summary>
    public bool MayReachRaft(RaftMessage message)
    {
        if (Receiver.IsRemoved(message.From))
        {
            log.RejectedFromRemoved(PeerHeaders.FormatId(selfId), PeerHeaders.FormatId(message.From));
            return false;
        }

        if (message.To != selfId)
        {
            log.RejectedToOther(PeerHeaders.FormatId(selfId), PeerHeaders.FormatId(message.To));
            return false;
        }

        if (!Travels(message.Type))
        {
            log.RejectedLocalType(PeerHeaders.FormatId(selfId), message.Type.ToString(), PeerHeaders.FormatId(message.From));
            return false;
        }

        return true;
    }

    private static bool Travels(MessageType type) => type is
        (>= MessageType.Propose and <= MessageType.HeartbeatResponse)
        or (>= MessageType.TransferLeader and <= MessageType.PreVoteResponse);
}
