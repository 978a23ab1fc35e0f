using Etcd.Server.Membership;

using Microsoft.Extensions.Logging;

namespace Etcd.Server.Consensus;

/// <summary>Log lines of consensus, in etcd's wording, which people and tools search for.</summary>
internal sealed partial class ConsensusLog(ILogger logger)
{
    private readonly ILogger _logger = logger;

    /// <summary>Says who leads now.</summary>
    internal void LeadershipChanged(ulong self, LeadershipView before, LeadershipView now)
    {
        string id = Member.FormatId(self);
        if (now.Leader != 0 && before.Leader != 0 && now.Leader != before.Leader)
        {
            ChangedLeader(
                $"raft.node: {id} changed leader from {Member.FormatId(before.Leader)} to {Member.FormatId(now.Leader)} at term {now.Term}");
        }
        else if (now.Leader != 0)
        {
            ElectedLeader($"raft.node: {id} elected leader {Member.FormatId(now.Leader)} at term {now.Term}");
        }
        else if (before.Leader != 0)
        {
            LostLeader($"raft.node: {id} lost leader {Member.FormatId(before.Leader)} at term {now.Term}");
        }
    }

    /// <summary>Says that a peer has sent a proposal nobody can read.</summary>
    internal void UnreadableProposal(ulong from, string error) => UnreadableProposal(Member.FormatId(from), error);

    [LoggerMessage(1103, LogLevel.Warning, "dropped a proposal that cannot be read")]
    private partial void UnreadableProposal(string remotePeerId, string error);

    [LoggerMessage(1104, LogLevel.Warning,
        "leader failed to send out heartbeat on time; took too long, leader is overloaded likely from slow disk")]
    internal partial void LateHeartbeat(string to, string heartbeatInterval, string expectedDuration, string exceededDuration);

    [LoggerMessage(1105, LogLevel.Warning, "waiting for ReadIndex response took too long, retrying")]
    internal partial void ReadIndexSlow(ulong sentRequestId, string retryTimeout);

    [LoggerMessage(1106, LogLevel.Warning, "timed out waiting for read index response (local node might have slow network)")]
    internal partial void ReadIndexTimedOut(string timeout);

    [LoggerMessage(1107, LogLevel.Warning, "the disk of the write-ahead log does not answer; another member is to lead until it does")]
    internal partial void LogStalled(string took, string expectedDuration);

    [LoggerMessage(1108, LogLevel.Information, "the disk of the write-ahead log answers again")]
    internal partial void LogAnswersAgain(string took);

    [LoggerMessage(1100, LogLevel.Information, "{message}")]
    private partial void ChangedLeader(string message);

    [LoggerMessage(1101, LogLevel.Information, "{message}")]
    private partial void ElectedLeader(string message);

    [LoggerMessage(1102, LogLevel.Information, "{message}")]
    private partial void LostLeader(string message);
}
