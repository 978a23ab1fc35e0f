using Etcd.Raft;
using Etcd.Wal;

namespace Etcd.Server.Consensus;

/// <summary>One thing for the log writer to make durable.</summary>
/// <param name="Message">Entries and hard state of the consensus loop, or <see langword="null"/>.</param>
/// <param name="Snapshot">A snapshot that now stands on disk and is to be recorded, or <see langword="null"/>.</param>
/// <param name="Installed">A message whose snapshot is durable, and now installed too, or <see langword="null"/>.</param>
internal readonly record struct LogWork(RaftMessage? Message, SnapshotRecord? Snapshot, RaftMessage? Installed = null);

/// <summary>A snapshot on disk that the log is to point to; once it does, older segments may be purged.</summary>
internal sealed class SnapshotRecord(WalSnapshot snapshot, TaskCreationOptions completions)
{
    private readonly TaskCompletionSource _recorded = new(completions);

    /// <summary>Where the snapshot stands.</summary>
    internal WalSnapshot Snapshot { get; } = snapshot;

    /// <summary>Completes when the record is durable.</summary>
    internal Task Recorded => _recorded.Task;

    /// <summary>Called by the log writer.</summary>
    internal void Complete() => _recorded.TrySetResult();
}
