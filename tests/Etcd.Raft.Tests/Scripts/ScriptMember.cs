using Etcd.Raft.Encoding;

namespace Etcd.Raft.Tests.Scripts;

/// <summary>A node of the interaction scripts with its storage and its work queues.</summary>
internal sealed class ScriptMember(RaftNode node, ScriptStorage storage, bool asyncStorageWrites)
{
    public RaftNode Node { get; } = node;

    public ScriptStorage Storage { get; } = storage;

    public bool AsyncStorageWrites { get; } = asyncStorageWrites;

    public ulong Id => Node.Status.Id;

    public Queue<RaftMessage> AppendWork { get; } = new();

    public Queue<RaftMessage> ApplyWork { get; } = new();

    public void Append(in HardState state, ReadOnlyMemory<Entry> entries, Snapshot? snapshot)
    {
        if (!state.IsEmpty)
        {
            Storage.Log.SetHardState(state);
        }

        if (snapshot is not null)
        {
            Assert.True(entries.IsEmpty, "a snapshot comes without entries");
            Storage.Log.ApplySnapshot(snapshot);
        }

        Storage.Log.Append(entries.Span);
    }

    public void Apply(ReadOnlyMemory<Entry> entries)
    {
        foreach (Entry entry in entries.Span)
        {
            Snapshot last = Storage.History[^1];
            ConfState conf = last.Metadata.ConfState;
            ReadOnlyMemory<byte> update = entry.Data;
            if (entry.Type != EntryType.Normal)
            {
                ConfChangeV2 change = entry.Type == EntryType.ConfChange
                    ? ConfChangeCodec.ReadConfChange(entry.Data).ToV2()
                    : ConfChangeCodec.ReadConfChangeV2(entry.Data);
                update = change.Context;
                conf = Node.ApplyConfChange(change);
            }

            byte[] state = [.. last.Data.Span, .. update.Span];
            Storage.History.Add(new Snapshot(new SnapshotMetadata(entry.Index, entry.Term, conf), state));
        }
    }
}
