using Etcd.Raft;

namespace Etcd.Peer;

/// <summary>What the network tells a member. Calls come from any thread.</summary>
public interface IPeerReceiver
{
    /// <summary>Takes a raft message. The member may do the work it causes on the calling thread, a write to its disk included; no lock may be
    /// held.</summary>
    /// <returns><see langword="false"/> when the member takes no more at this moment or has stopped: the message is lost.</returns>
    bool TryReceive(RaftMessage message);

    /// <summary>Takes a snapshot message and the database file that follows it. Completes once the file is durable and raft has been given
    /// the message.</summary>
    /// <param name="message">A message of type <see cref="MessageType.Snapshot"/>.</param>
    /// <param name="database">The file, to its end.</param>
    /// <param name="cancellationToken">The sender went away.</param>
    /// <exception cref="IOException">The file could not be stored.</exception>
    Task ReceiveSnapshotAsync(RaftMessage message, Stream database, CancellationToken cancellationToken);

    /// <summary>Whether the id was removed from the cluster for good.</summary>
    bool IsRemoved(ulong memberId);

    /// <summary>Messages to the member are being lost.</summary>
    void ReportUnreachable(ulong memberId);

    /// <summary>A snapshot reached the member, or did not.</summary>
    void ReportSnapshot(ulong memberId, bool delivered);

    /// <summary>A peer has answered that this member was removed from the cluster: it must stop for good.</summary>
    void OnSelfRemoved(ulong reportedBy);
}
