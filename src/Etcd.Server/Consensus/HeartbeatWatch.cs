using Etcd.Raft;
using Etcd.Server.Membership;
using Etcd.Server.Observation;

namespace Etcd.Server.Consensus;

/// <summary>Notices a leader that sends its heartbeats too late, which is the first sign of a disk or a machine that is too slow: the others are
/// about to elect another leader. The loop's own.</summary>
internal sealed class HeartbeatWatch(TimeSpan interval, TimeProvider time, ServerInstruments instruments, ConsensusLog log)
{
    private readonly TimeSpan _expected = interval * 2;
    private readonly Dictionary<ulong, long> _sentAt = [];

    /// <summary>Starts anew: whoever begins to lead, or ends, has sent nothing yet.</summary>
    internal void Reset() => _sentAt.Clear();

    /// <summary>Looks at what is about to be sent.</summary>
    internal void Sending(IReadOnlyList<RaftMessage> messages)
    {
        foreach (RaftMessage message in messages)
        {
            if (message.Type == MessageType.Heartbeat)
            {
                Sent(message.To);
            }
        }
    }

    private void Sent(ulong receiver)
    {
        long now = time.GetTimestamp();
        if (_sentAt.TryGetValue(receiver, out long before) && time.GetElapsedTime(before, now) is var since && since > _expected)
        {
            instruments.CountLateHeartbeat();
            log.LateHeartbeat(
                Member.FormatId(receiver), DurationText.Of(interval), DurationText.Of(_expected), DurationText.Of(since - _expected));
        }

        _sentAt[receiver] = now;
    }
}
