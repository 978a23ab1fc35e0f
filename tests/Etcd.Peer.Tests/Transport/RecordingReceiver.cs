using System.Collections.Concurrent;
using System.Threading.Channels;

using Etcd.Raft;

namespace Etcd.Peer.Tests.Transport;

/// <summary>A member that keeps what it is told.</summary>
internal sealed class RecordingReceiver : IPeerReceiver
{
    private readonly Channel<RaftMessage> _messages = Channel.CreateUnbounded<RaftMessage>();
    private readonly Channel<(RaftMessage Message, byte[] Database)> _snapshots = Channel.CreateUnbounded<(RaftMessage, byte[])>();
    private readonly Channel<(ulong Member, bool Delivered)> _snapshotReports = Channel.CreateUnbounded<(ulong, bool)>();
    private readonly Channel<ulong> _unreachable = Channel.CreateUnbounded<ulong>();
    private readonly Channel<ulong> _removalReports = Channel.CreateUnbounded<ulong>();
    private readonly TaskCompletionSource<ulong> _removedBy = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentDictionary<ulong, bool> Removed { get; } = new();

    public ChannelReader<RaftMessage> Messages => _messages.Reader;

    public ChannelReader<(RaftMessage Message, byte[] Database)> Snapshots => _snapshots.Reader;

    public ChannelReader<(ulong Member, bool Delivered)> SnapshotReports => _snapshotReports.Reader;

    public ChannelReader<ulong> Unreachable => _unreachable.Reader;

    /// <summary>Who said that this one was removed, every time.</summary>
    public ChannelReader<ulong> RemovalReports => _removalReports.Reader;

    /// <summary>Completes with the member that said this one was removed.</summary>
    public Task<ulong> RemovedBy => _removedBy.Task;

    /// <summary>Set to have nothing more taken.</summary>
    public bool IsFull { get; set; }

    /// <summary>Set to have snapshots fail.</summary>
    public IOException? SnapshotFailure { get; set; }

    public bool TryReceive(RaftMessage message) => !IsFull && _messages.Writer.TryWrite(message);

    public async Task ReceiveSnapshotAsync(RaftMessage message, Stream database, CancellationToken cancellationToken)
    {
        using var copy = new MemoryStream();
        await database.CopyToAsync(copy, cancellationToken);
        if (SnapshotFailure is not null)
        {
            throw SnapshotFailure;
        }

        _snapshots.Writer.TryWrite((message, copy.ToArray()));
    }

    public bool IsRemoved(ulong memberId) => Removed.ContainsKey(memberId);

    public void ReportUnreachable(ulong memberId) => _unreachable.Writer.TryWrite(memberId);

    public void ReportSnapshot(ulong memberId, bool delivered) => _snapshotReports.Writer.TryWrite((memberId, delivered));

    public void OnSelfRemoved(ulong reportedBy)
    {
        _removedBy.TrySetResult(reportedBy);
        _removalReports.Writer.TryWrite(reportedBy);
    }
}
