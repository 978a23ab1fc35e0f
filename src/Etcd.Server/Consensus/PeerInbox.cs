using Etcd.Peer;
using Etcd.Raft;
using Etcd.Server.Membership;
using Etcd.Server.V2Api;

namespace Etcd.Server.Consensus;

/// <summary>The member as its network sees it: takes in what other members send. Any thread.</summary>
internal sealed class PeerInbox : IPeerReceiver
{
    private readonly ulong _id;
    private readonly RaftLoop _loop;
    private readonly ClusterMembership _membership;
    private readonly RaftStatistics _statistics;
    private readonly Action<ulong> _removed;

    /// <param name="id">This member.</param>
    /// <param name="loop">Who takes the messages.</param>
    /// <param name="membership">Who may send them.</param>
    /// <param name="statistics">Counts them.</param>
    /// <param name="removed">Told who has reported that this member was removed.</param>
    internal PeerInbox(ulong id, RaftLoop loop, ClusterMembership membership, RaftStatistics statistics, Action<ulong> removed)
    {
        _id = id;
        _loop = loop;
        _membership = membership;
        _statistics = statistics;
        _removed = removed;
    }

    /// <inheritdoc />
    public bool TryReceive(RaftMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if ((message.To != _id && message.To != 0) || IsRemoved(message.From) || !_loop.TryReceive(message))
        {
            return false;
        }

        _statistics.Received(message);
        return true;
    }

    /// <inheritdoc />
    public Task ReceiveSnapshotAsync(RaftMessage message, Stream database, CancellationToken cancellationToken) =>
        Task.FromException(new IOException("this member takes no snapshots"));

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
}
