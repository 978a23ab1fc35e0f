using Etcd.Raft;

namespace Etcd.Wal;

/// <summary>What a log held when it was opened.</summary>
/// <param name="Metadata">The application's bytes given when the log was created.</param>
/// <param name="HardState">Last recorded hard state; empty when there was none. Its commit index may lie behind the entries.</param>
/// <param name="Entries">Entries that follow the snapshot the log was opened at, without a gap.</param>
/// <param name="TornTail">How a tail torn by a crash was repaired; <see langword="null"/> when the log ended cleanly.</param>
public sealed record WalContents(
    ReadOnlyMemory<byte> Metadata,
    HardState HardState,
    IReadOnlyList<Entry> Entries,
    TornTailRepair? TornTail);

/// <summary>A repair of the log's tail: a write that power loss had cut short was taken away.</summary>
/// <param name="Segment">Path of the repaired segment.</param>
/// <param name="ValidBytes">Length up to which the segment was kept.</param>
/// <param name="Copy">Path of the copy made before the repair.</param>
/// <param name="Reason">What was found at that offset.</param>
public sealed record TornTailRepair(string Segment, long ValidBytes, string Copy, string Reason);
