using Etcd.Raft;

namespace Etcd.Server.Consensus;

/// <summary>Carries raft messages to the other members. Lossy by contract: what cannot be sent is dropped and raft sends it again.</summary>
public interface IPeerTransport
{
    /// <summary>Sends messages in order, without waiting for the network.</summary>
    void Send(IReadOnlyList<RaftMessage> messages);
}
