namespace Etcd.Raft;

/// <summary>Messages made since the last <see cref="Ready"/>, in two classes: those that may leave at once, and those that promise
/// something and must wait until what they promise is durable.</summary>
internal sealed class Outbox(ulong id, bool coalesceAcknowledgements)
{
    private List<RaftMessage> _messages = [];
    private List<RaftMessage> _afterAppend = [];
    private EntryId _ownAppend;

    public bool IsEmpty => _messages.Count == 0 && _afterAppend.Count == 0 && _ownAppend.Index == 0;

    /// <summary>Sends a message that holds whatever becomes of this member's disk.</summary>
    public void Send(RaftMessage message)
    {
        Invariant.Holds(message.To != id, $"{message.Type} would be sent to its own sender");
        _messages.Add(message);
    }

    /// <summary>Sends a message once everything handed to the log writer up to now, and with the next <see cref="Ready"/>, is durable:
    /// votes and acknowledgements.</summary>
    public void SendAfterAppend(RaftMessage message)
    {
        FlushOwnAppend();
        _afterAppend.Add(message);
    }

    /// <summary>Has a leader acknowledge its own log up to <paramref name="last"/> once it is durable.</summary>
    public void AcknowledgeOwnAppend(EntryId last)
    {
        if (_ownAppend.Term != last.Term || !coalesceAcknowledgements)
        {
            FlushOwnAppend();
        }

        _ownAppend = last;
        if (!coalesceAcknowledgements)
        {
            FlushOwnAppend();
        }
    }

    /// <summary>Takes the messages that may leave at once.</summary>
    public List<RaftMessage> TakeMessages() => Take(ref _messages);

    /// <summary>Takes the messages that must wait for the disk.</summary>
    public List<RaftMessage> TakeAfterAppend()
    {
        FlushOwnAppend();
        return Take(ref _afterAppend);
    }

    private static List<RaftMessage> Take(ref List<RaftMessage> messages)
    {
        List<RaftMessage> taken = messages;
        messages = [];
        return taken;
    }

    private void FlushOwnAppend()
    {
        if (_ownAppend.Index == 0)
        {
            return;
        }

        _afterAppend.Add(new RaftMessage
        {
            Type = MessageType.AppendResponse,
            To = id,
            From = id,
            Term = _ownAppend.Term,
            Index = _ownAppend.Index,
        });
        _ownAppend = default;
    }
}
