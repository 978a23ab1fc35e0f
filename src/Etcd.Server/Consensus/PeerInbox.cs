using Etcd.Peer;
using Etcd.Raft;
using Etcd.Server.Membership;
using Etcd.Server.Snapshots;
using Etcd.Server.V2Api;

namespace Etcd.Server.Consensus;

/// <summary>The member as its network sees it: takes in what other members send. Any thread.</summary>
internal sealed class PeerInbox : IPeerReceiver
{
    private readonly ulong _id;
    private readonly RaftLoop _loop;
    private readonly ClusterMembership _membership;
    private readonly SnapshotReceiver _snapshots;
    private readonly RaftStatistics _statistics;
    private readonly Action<ulong> _removed;

    /// <param name="id">This member.</param>
    /// <param name="loop">Who takes the messages.</param>
    /// <param name="membership">Who may send them.</param>
    /// <param name="snapshots">Who takes their snapshots.</param>
    /// <param name="statistics">Counts them.</param>
    /// <param name="removed">Told who has reported that this member was removed.</param>
    internal PeerInbox(
        ulong id, RaftLoop loop, ClusterMembership membership, SnapshotReceiver snapshots, RaftStatistics statistics, Action<ulong> removed)
    {
        _id = id;
        _loop = loop;
        _membership = membership;
        _snapshots = snapshots;
        _statistics = statistics;
        _removed = removed;
    }

    /// <inheritdoc />
    public bool TryReceive(RaftMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (!IsForMe(message) || !_loop.TryReceive(message))
        {
            return false;
        }

        _statistics.Received(message);
        return true;
    }

    /// <inheritdoc />
    public Task ReceiveSnapshotAsync(RaftMessage message, Stream database, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(database);
        return IsForMe(message)
            ? _snapshots.ReceiveAsync(message, database, cancellationToken)
            : Task.FromException(new IOException("the message is for another member, or its sender was removed from the cluster"));
    }

    /// <inheritdoc />
    public bool IsRemoved(ulong memberId) => _membership.View.IsRemoved(memberId);

    /// <inheritdoc />
    public void ReportUnreachable(ulong memberId)
    {
        _statistics.Unreachable(memberId);
        _loop.TryPost(new RaftInput(RaftInputKind.Unreachable, Number: memberId));
    }

    /// <inheritdoc />
    public void ReportSnapshot(ulong memberId, bool delivered) =>
        _loop.Post(new RaftInput(delivered ? RaftInputKind.SnapshotDelivered : RaftInputKind.SnapshotLost, Number: memberId));

    /// <inheritdoc />
    public void OnSelfRemoved(ulong reportedBy) => _removed(reportedBy);

    private bool IsForMe(RaftMessage message) => (message.To == _id || message.To == 0) && !IsRemoved(message.From);
}
