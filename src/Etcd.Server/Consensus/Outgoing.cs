using Etcd.Raft;

namespace Etcd.Server.Consensus;

/// <summary>Messages that leave with the next send, in order. Owned by the consensus loop.</summary>
internal sealed class Outgoing
{
    private readonly List<RaftMessage> _messages = [];

    /// <summary>What leaves next.</summary>
    internal IReadOnlyList<RaftMessage> Messages => _messages;

    /// <summary>Adds a message.</summary>
    internal void Add(RaftMessage message)
    {
        // An acknowledgement says all that the one before it said: only the last of a group of writes is sent.
        if (_messages.Count > 0 && IsSupersededBy(_messages[^1], message))
        {
            _messages[^1] = message;
        }
        else
        {
            _messages.Add(message);
        }
    }

    /// <summary>Forgets what was sent.</summary>
    internal void Clear() => _messages.Clear();

    private static bool IsSupersededBy(RaftMessage earlier, RaftMessage later) =>
        earlier.Type == MessageType.AppendResponse
        && later.Type == MessageType.AppendResponse
        && earlier.To == later.To
        && earlier.Term == later.Term
        && !earlier.Reject
        && !later.Reject
        && earlier.Index <= later.Index;
}
