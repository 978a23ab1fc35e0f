using Etcd.Raft.Encoding;

namespace Etcd.Raft.Tests.Node;

/// <summary>One node with asynchronous storage writes, whose log writer and applier do their work when told to.</summary>
internal sealed class AsyncMember
{
    public AsyncMember(ulong id = 1, ConfState? members = null, MemoryLog? log = null, Func<RaftOptions, RaftOptions>? with = null)
    {
        Log = log ?? new MemoryLog();
        if (members is not null)
        {
            Log.ApplySnapshot(new Snapshot(new SnapshotMetadata(1, 1, members), default));
        }

        var options = new RaftOptions
        {
            Id = id,
            Storage = Log,
            AsyncStorageWrites = true,
            Applied = Log.Snapshot.Metadata.Index,
        };
        Node = new RaftNode(with is null ? options : with(options));
    }

    public MemoryLog Log { get; }

    public RaftNode Node { get; }

    public Queue<RaftMessage> AppendWork { get; } = new();

    public Queue<RaftMessage> ApplyWork { get; } = new();

    public List<RaftMessage> Sent { get; } = [];

    public List<Entry> Applied { get; } = [];

    public List<ReadState> Reads { get; } = [];

    /// <summary>Takes one Ready and queues its work.</summary>
    public Ready TakeReady()
    {
        Ready ready = Node.TakeReady();
        Reads.AddRange(ready.ReadStates);
        foreach (RaftMessage message in ready.Messages)
        {
            switch (message.To)
            {
                case RaftMessage.LocalAppendThread:
                    AppendWork.Enqueue(message);
                    break;
                case RaftMessage.LocalApplyThread:
                    ApplyWork.Enqueue(message);
                    break;
                default:
                    Sent.Add(message);
                    break;
            }
        }

        return ready;
    }

    /// <summary>Does one piece of the log writer's work.</summary>
    public void WriteLog()
    {
        RaftMessage work = AppendWork.Dequeue();
        if (work.Snapshot is not null)
        {
            Log.ApplySnapshot(work.Snapshot);
        }

        if (!work.HardState.IsEmpty)
        {
            Log.SetHardState(work.HardState);
        }

        Log.Append(work.Entries.Span);
        Deliver(work.Responses);
    }

    /// <summary>Does one piece of the applier's work.</summary>
    public void Apply()
    {
        RaftMessage work = ApplyWork.Dequeue();
        Applied.AddRange(work.Entries.Span);
        foreach (Entry entry in work.Entries.Span)
        {
            if (entry.Type == EntryType.ConfChange)
            {
                Node.ApplyConfChange(ConfChangeCodec.ReadConfChange(entry.Data).ToV2());
            }
            else if (entry.Type == EntryType.ConfChangeV2)
            {
                Node.ApplyConfChange(ConfChangeCodec.ReadConfChangeV2(entry.Data));
            }
        }

        Deliver(work.Responses);
    }

    /// <summary>Works until nothing is left.</summary>
    public void RunUntilIdle()
    {
        while (Node.HasReady || AppendWork.Count > 0 || ApplyWork.Count > 0)
        {
            if (Node.HasReady)
            {
                TakeReady();
            }

            if (AppendWork.Count > 0)
            {
                WriteLog();
            }

            if (ApplyWork.Count > 0)
            {
                Apply();
            }
        }
    }

    public void BecomeLeader()
    {
        Node.Campaign();
        RunUntilIdle();
        Assert.Equal(RaftRole.Leader, Node.Status.Role);
    }

    private void Deliver(IReadOnlyList<RaftMessage> responses)
    {
        foreach (RaftMessage response in responses)
        {
            if (response.To == Node.Status.Id)
            {
                Node.Step(response);
            }
            else
            {
                Sent.Add(response);
            }
        }
    }
}
