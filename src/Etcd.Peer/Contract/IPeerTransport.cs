using Etcd.Raft;

namespace Etcd.Peer;

/// <summary>Carries raft messages to the other members. Lossy by contract: what cannot be sent is dropped, reported to
/// <see cref="IPeerReceiver"/>, and sent again by raft. All calls return at once and may come from any thread.</summary>
public interface IPeerTransport : IAsyncDisposable
{
    /// <summary>Sends messages; those to one member stay in order as long as its streams live. Messages to unknown members are dropped.</summary>
    /// <param name="messages">Anything but <see cref="MessageType.Snapshot"/>; read during the call only, the messages themselves are kept.</param>
    void Send(IReadOnlyList<RaftMessage> messages);

    /// <summary>Sends a snapshot message followed by a database file, and reports the outcome with
    /// <see cref="IPeerReceiver.ReportSnapshot"/>.</summary>
    /// <param name="message">The snapshot message; its data is the v2 tree.</param>
    /// <param name="database">The file; disposed when it has been sent or given up.</param>
    void SendSnapshot(RaftMessage message, IPeerSnapshotContent database);

    /// <summary>Connects to a member of the cluster. A known one is left as it is.</summary>
    void AddPeer(ulong memberId, IReadOnlyList<string> urls);

    /// <summary>Makes answers possible to a member that the membership does not name yet.</summary>
    void AddRemote(ulong memberId, IReadOnlyList<string> urls);

    /// <summary>Changes where a member is reached.</summary>
    void UpdatePeer(ulong memberId, IReadOnlyList<string> urls);

    /// <summary>Closes all connections with a member.</summary>
    void RemovePeer(ulong memberId);

    /// <summary>Since when the member has answered without a failure.</summary>
    /// <returns>A timestamp of the member's <see cref="TimeProvider"/>, or <see langword="null"/> while it is not reached.</returns>
    long? ActiveSince(ulong memberId);
}
