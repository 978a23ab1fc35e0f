using System.Globalization;

using Etcd.Peer;
using Etcd.Protocol.Errors;
using Etcd.Server.Membership;
using Etcd.Server.Pumps;

namespace Etcd.Server.Consensus;

/// <summary>Hands leadership to another member: because somebody asks for it, or because this one stops.</summary>
internal sealed class LeadershipHandover
{
    private readonly ulong _id;
    private readonly RaftLoop _loop;
    private readonly ClusterMembership _membership;
    private readonly IPeerTransport _peers;
    private readonly TimeProvider _time;
    private readonly ServerOptions _options;
    private readonly Execution _execution;
    private readonly ServerLog _log;

    internal LeadershipHandover(
        ulong id,
        RaftLoop loop,
        ClusterMembership membership,
        IPeerTransport peers,
        TimeProvider time,
        ServerOptions options,
        Execution execution,
        ServerLog log)
    {
        _id = id;
        _loop = loop;
        _membership = membership;
        _peers = peers;
        _time = time;
        _options = options;
        _execution = execution;
        _log = log;
    }

    /// <summary>Hands leadership to a voter and waits until it leads.</summary>
    /// <exception cref="EtcdException">This member does not lead, the other cannot, or it did not within the request time-out.</exception>
    internal async Task MoveAsync(ulong to, CancellationToken cancellationToken)
    {
        LeadershipView leadership = _loop.Leadership;
        if (!leadership.IsLeader)
        {
            throw new EtcdException(EtcdErrorCode.NotLeader);
        }

        if (_membership.View.Find(to) is not { IsLearner: false })
        {
            throw new EtcdException(EtcdErrorCode.BadLeaderTransferee);
        }

        string self = Member.FormatId(_id);
        long started = _time.GetTimestamp();
        _log.TransferStarting(self, Member.FormatId(leadership.Leader), Member.FormatId(to));
        _loop.Post(new RaftInput(RaftInputKind.TransferLeadership, Number: to));
        while (_loop.Leadership.Leader != to)
        {
            if (_time.GetElapsedTime(started) >= _options.RequestTimeout || _loop.IsStopped)
            {
                throw new EtcdException(EtcdErrorCode.TimeoutLeaderTransfer);
            }

            await _execution.DelayAsync(_options.HeartbeatInterval, _time, cancellationToken).ConfigureAwait(false);
        }

        string took = _time.GetElapsedTime(started).TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture) + "ms";
        _log.TransferFinished(self, Member.FormatId(leadership.Leader), Member.FormatId(to), took);
    }

    /// <summary>Before a graceful stop: hands leadership, if this member has it, to the voter that has been reached for longest.</summary>
    internal async Task BeforeStopAsync()
    {
        string self = Member.FormatId(_id);
        LeadershipView leadership = _loop.Leadership;
        if (!leadership.IsLeader)
        {
            _log.SkippedTransferNotLeader(self, Member.FormatId(leadership.Leader));
            return;
        }

        List<Member> others = [.. _membership.View.Members.Where(member => !member.IsLearner && member.Id != _id)];
        if (others.Count == 0)
        {
            _log.SkippedTransfer(self, self);
            return;
        }

        try
        {
            await MoveAsync(LongestReached(others), CancellationToken.None).ConfigureAwait(false);
        }
        catch (EtcdException failure)
        {
            // The others will elect a leader once they have missed this one.
            _log.TransferFailed(self, failure.Message);
        }
    }

    private ulong LongestReached(List<Member> members)
    {
        ulong longest = 0;
        long since = long.MaxValue;
        foreach (Member member in members)
        {
            if (_peers.ActiveSince(member.Id) is { } active && active < since)
            {
                longest = member.Id;
                since = active;
            }
        }

        return longest != 0 ? longest : throw new EtcdException(EtcdErrorCode.Unhealthy);
    }
}
