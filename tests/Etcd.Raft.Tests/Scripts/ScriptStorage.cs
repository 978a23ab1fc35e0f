namespace Etcd.Raft.Tests.Scripts;

/// <summary>A member's log as the scripts want it: asked for a snapshot, it gives the newest state of the state machine.</summary>
internal sealed class ScriptStorage : IRaftLogStorage
{
    public MemoryLog Log { get; } = new();

    /// <summary>States of the state machine, newest last.</summary>
    public List<Snapshot> History { get; } = [];

    public HardState HardState => Log.HardState;

    public ConfState ConfState => Log.ConfState;

    public ulong FirstIndex => Log.FirstIndex;

    public ulong LastIndex => Log.LastIndex;

    public bool TryGetTerm(ulong index, out ulong term) => Log.TryGetTerm(index, out term);

    public ReadOnlyMemory<Entry> Entries(ulong first, ulong end, ulong bytesMax) => Log.Entries(first, end, bytesMax);

    public bool TryGetSnapshot(out Snapshot snapshot)
    {
        snapshot = History[^1];
        return true;
    }
}
