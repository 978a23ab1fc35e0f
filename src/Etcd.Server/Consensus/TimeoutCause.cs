using Etcd.Peer;
using Etcd.Protocol.Errors;
using Etcd.Server.Membership;

namespace Etcd.Server.Consensus;

/// <summary>Tells a caller whose request has timed out what may have been the reason, as etcd does.</summary>
internal sealed class TimeoutCause
{
    private readonly ulong _id;
    private readonly Func<LeadershipView> _leadership;
    private readonly Func<ClusterView> _members;
    private readonly IPeerTransport _peers;
    private readonly TimeProvider _time;
    private readonly TimeSpan _electionTimeout;

    private long _electedAt;

    internal TimeoutCause(
        ulong id,
        Func<LeadershipView> leadership,
        Func<ClusterView> members,
        IPeerTransport peers,
        TimeProvider time,
        TimeSpan electionTimeout)
    {
        _id = id;
        _leadership = leadership;
        _members = members;
        _peers = peers;
        _time = time;
        _electionTimeout = electionTimeout;
    }

    /// <summary>This member has been elected.</summary>
    internal void NoteElected() => Volatile.Write(ref _electedAt, _time.GetTimestamp());

    /// <summary>Why a request that began at <paramref name="startedAt"/> was not answered in time.</summary>
    internal EtcdErrorCode Of(long startedAt)
    {
        long electedAt = Volatile.Read(ref _electedAt);
        if (electedAt != 0 && startedAt < electedAt && _time.GetElapsedTime(startedAt, electedAt) < 2 * _electionTimeout)
        {
            return EtcdErrorCode.TimeoutDueToLeaderFail;
        }

        ulong leader = _leadership().Leader;
        bool isConnected =
            leader == 0
            || (leader == _id ? IsConnectedToQuorumSince(startedAt) : IsConnectedSince(leader, startedAt));
        return isConnected ? EtcdErrorCode.Timeout : EtcdErrorCode.TimeoutDueToConnectionLost;
    }

    private bool IsConnectedSince(ulong memberId, long timestamp) => _peers.ActiveSince(memberId) is { } since && since < timestamp;

    private bool IsConnectedToQuorumSince(long timestamp)
    {
        IReadOnlyList<Member> members = _members().Members;
        int connected = members.Count(member => member.Id == _id || IsConnectedSince(member.Id, timestamp));
        return connected > members.Count / 2;
    }
}
