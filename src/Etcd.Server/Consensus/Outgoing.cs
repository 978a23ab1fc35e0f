using Etcd.Raft;

namespace Etcd.Server.Consensus;

/// <summary>Messages that leave with the next send, in order. Owned by the consensus loop.</summary>
internal sealed class Outgoing
{
    private readonly List<RaftMessage> _messages = [];
    private RaftMessage? _acknowledged; // what was acknowledged last
    private RaftMessage? _held; // says the same once more

    /// <summary>What leaves next.</summary>
    internal IReadOnlyList<RaftMessage> Messages => _messages;

    /// <summary>Adds a message.</summary>
    internal void Add(RaftMessage message)
    {
        if (message is { Type: MessageType.AppendResponse, Reject: false })
        {
            AddAcknowledgement(message);
        }
        else
        {
            // After a refusal an acknowledgement is news again.
            _acknowledged = message.Type == MessageType.AppendResponse ? null : _acknowledged;
            _messages.Add(message);
        }
    }

    /// <summary>Takes note that a member may not have got what was sent to it: what it was told is told again.</summary>
    internal void MayBeLost(ulong to) => _acknowledged = _acknowledged?.To == to ? null : _acknowledged;

    /// <summary>Has an acknowledgement leave that was held back. Called with every tick.</summary>
    internal void ReleaseHeld()
    {
        // What was said in an earlier tick may have been lost, and whoever asks for it again must not wait for another.
        _acknowledged = _held;
        if (_held is not null)
        {
            _messages.Add(_held);
            _held = null;
        }
    }

    /// <summary>Forgets what was sent.</summary>
    internal void Clear() => _messages.Clear();

    // A write is followed by word that it is committed, and the answer to that says once more what the answer to the write has said. It costs two
    // members a message and tells the leader nothing, unless the earlier one was lost: so it need not leave at once.
    private void AddAcknowledgement(RaftMessage message)
    {
        bool isKnown = _acknowledged is { } last && last.To == message.To && last.Term == message.Term && last.Index == message.Index;
        _held = isKnown ? message : null;
        if (isKnown)
        {
            return;
        }

        _acknowledged = message;

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

    private static bool IsSupersededBy(RaftMessage earlier, RaftMessage later) =>
        earlier.Type == MessageType.AppendResponse
        && earlier.To == later.To
        && earlier.Term == later.Term
        && !earlier.Reject
        && earlier.Index <= later.Index;
}
