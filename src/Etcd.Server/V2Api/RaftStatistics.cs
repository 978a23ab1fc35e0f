using System.Collections.Concurrent;

using Etcd.Raft;
using Etcd.Server.Consensus;

namespace Etcd.Server.V2Api;

/// <summary>What <c>/v2/stats/self</c> and <c>/v2/stats/leader</c> tell: since when the member runs, who leads since when, and how much of the
/// log went to and fro. Any thread.</summary>
public sealed class RaftStatistics
{
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<ulong, FollowerStatistics> _followers = new();
    private volatile LeadershipSpan _current = new(LeadershipView.None, default);
    private long _appendsSent;
    private long _appendsReceived;

    internal RaftStatistics(TimeProvider time)
    {
        _time = time;
        StartedAt = time.GetUtcNow();
    }

    /// <summary>When the member was started.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>Who leads, and since when this member knows it.</summary>
    public LeadershipSpan Leadership => _current;

    /// <summary>How long the present leader has led.</summary>
    public TimeSpan LeaderUptime => _current is { View.Leader: not 0 } span ? _time.GetUtcNow() - span.Since : TimeSpan.Zero;

    /// <summary>Messages with log entries that were sent.</summary>
    public long AppendsSent => Interlocked.Read(ref _appendsSent);

    /// <summary>Messages with log entries that were received.</summary>
    public long AppendsReceived => Interlocked.Read(ref _appendsReceived);

    /// <summary>What went to one follower since this member has led; zeros for one that nothing went to.</summary>
    public FollowerStatistics Of(ulong memberId) => _followers.GetOrAdd(memberId, static _ => new FollowerStatistics());

    internal void Saw(LeadershipView view)
    {
        if (view.IsLeader && !_current.View.IsLeader)
        {
            _followers.Clear();
        }

        _current = new LeadershipSpan(view, view.Leader == _current.View.Leader ? _current.Since : _time.GetUtcNow());
    }

    /// <summary>Told what is about to be sent.</summary>
    internal void Sending(IReadOnlyList<RaftMessage> messages)
    {
        foreach (RaftMessage message in messages)
        {
            if (message.Type == MessageType.Append)
            {
                Interlocked.Increment(ref _appendsSent);
                Of(message.To).Sent(_time.GetTimestamp());
            }
        }
    }

    /// <summary>Told what was received.</summary>
    internal void Received(RaftMessage message)
    {
        if (message.Type == MessageType.Append)
        {
            Interlocked.Increment(ref _appendsReceived);
        }
        else if (message.Type == MessageType.AppendResponse)
        {
            Of(message.From).Answered(_time);
        }
    }

    /// <summary>Told that something could not be sent.</summary>
    internal void Unreachable(ulong memberId) => Of(memberId).Failed();
}
