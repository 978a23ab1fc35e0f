using Etcd.Raft;

namespace Etcd.Server.Tests.Consensus;

/// <summary>A raft node whose disk and state machine answer at once, when the test says so.</summary>
internal sealed class SteppedNode
{
    public SteppedNode(ConfState configuration)
    {
        Log.ApplySnapshot(new Snapshot(new SnapshotMetadata(1, 1, configuration), default));
        Node = new RaftNode(new RaftOptions { Id = 1, Storage = Log, Applied = 1, AsyncStorageWrites = true, Seed = 1 });
    }

    public MemoryLog Log { get; } = new();

    public RaftNode Node { get; }

    /// <summary>Everything sent to other members so far.</summary>
    public List<RaftMessage> Sent { get; } = [];

    /// <summary>Everything handed out to be applied so far.</summary>
    public List<Entry> Committed { get; } = [];

    /// <summary>Makes it follow a leader.</summary>
    public void Follow(ulong leader) => Node.Step(new RaftMessage { Type = MessageType.Heartbeat, From = leader, To = 1, Term = 2 });

    /// <summary>Writes and applies until there is nothing more to do.</summary>
    public void Settle(bool applies = true)
    {
        while (Node.HasReady)
        {
            foreach (RaftMessage message in Node.TakeReady().Messages)
            {
                Carry(message, applies);
            }
        }
    }

    private void Carry(RaftMessage message, bool applies)
    {
        switch (message.To)
        {
            case RaftMessage.LocalAppendThread:
                Log.Append(message.Entries.Span);
                Answer(message);
                break;
            case RaftMessage.LocalApplyThread:
                Committed.AddRange(message.Entries.Span);
                if (applies)
                {
                    Answer(message);
                }

                break;
            default:
                Sent.Add(message);
                break;
        }
    }

    private void Answer(RaftMessage message)
    {
        foreach (RaftMessage response in message.Responses.Where(response => response.To == 1))
        {
            Node.Step(response);
        }

        Sent.AddRange(message.Responses.Where(response => response.To != 1));
    }
}
