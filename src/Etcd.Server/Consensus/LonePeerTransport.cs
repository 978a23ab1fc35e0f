using Etcd.Raft;

namespace Etcd.Server.Consensus;

/// <summary>The transport of a member that is alone: there is nobody to send to, so a message is a fault of this member.</summary>
internal sealed class LonePeerTransport : IPeerTransport
{
    /// <inheritdoc />
    public void Send(IReadOnlyList<RaftMessage> messages) =>
        throw new InvalidOperationException($"a member without peers was asked to send {messages[0].Type} to {messages[0].To:x}");
}
