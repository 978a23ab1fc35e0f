using System.Globalization;

using Etcd.Raft;
using Etcd.Server.Membership;

using Microsoft.Extensions.Logging;

namespace Etcd.Server.Consensus;

/// <summary>Log lines of what the raft node does around elections, configurations and snapshots, in etcd's wording, which people and tools
/// search for. What happens with every message is left out.</summary>
internal sealed partial class RaftEventLog(ulong id, ILogger logger) : IRaftObserver
{
    private readonly ILogger _logger = logger;
    private readonly string _id = Member.FormatId(id);

    /// <inheritdoc />
    public void Observe(RaftEvent raftEvent)
    {
        if ((DescribeElection(raftEvent) ?? DescribeVote(raftEvent) ?? DescribeTransfer(raftEvent) ?? DescribeState(raftEvent)) is { } text)
        {
            Happened(text);
        }
        else if (DescribeTrouble(raftEvent) is { } trouble)
        {
            Troubled(trouble);
        }
    }

    private static string NameOf(MessageType type) => type switch
    {
        MessageType.Vote => "MsgVote",
        MessageType.VoteResponse => "MsgVoteResp",
        MessageType.PreVote => "MsgPreVote",
        MessageType.PreVoteResponse => "MsgPreVoteResp",
        MessageType.Append => "MsgApp",
        MessageType.AppendResponse => "MsgAppResp",
        MessageType.Heartbeat => "MsgHeartbeat",
        MessageType.HeartbeatResponse => "MsgHeartbeatResp",
        MessageType.Snapshot => "MsgSnap",
        MessageType.TimeoutNow => "MsgTimeoutNow",
        _ => type.ToString(),
    };

    private static string DescribeConfiguration(ConfState configuration)
    {
        string voters = $"voters=({string.Join(' ', configuration.Voters)})";
        if (configuration.VotersOutgoing.Count > 0)
        {
            voters += $"&&({string.Join(' ', configuration.VotersOutgoing)})";
        }

        return configuration.Learners.Count > 0 ? $"{voters} learners=({string.Join(' ', configuration.Learners)})" : voters;
    }

    private string? DescribeElection(RaftEvent raftEvent) => raftEvent switch
    {
        BecameFollower e => $"{_id} became follower at term {e.Term}",
        BecamePreCandidate e => $"{_id} became pre-candidate at term {e.Term}",
        BecameCandidate e => $"{_id} became candidate at term {e.Term}",
        BecameLeader e => $"{_id} became leader at term {e.Term}",
        ElectionStarted e => $"{_id} is starting a new election at term {e.Term}",
        HigherTermReceived e =>
            $"{_id} [term: {e.Term}] received a {NameOf(e.Type)} message with higher term from {Member.FormatId(e.From)} [term: {e.MessageTerm}]",
        _ => null,
    };

    private string? DescribeVote(RaftEvent raftEvent) => raftEvent switch
    {
        VoteRequested e =>
            $"{_id} [logterm: {e.LastTerm}, index: {e.LastIndex}] sent {NameOf(e.Type)} request to {Member.FormatId(e.To)} at term {e.Term}",
        VoteReceived e =>
            $"{_id} received {NameOf(e.Type)}{(e.Granted ? string.Empty : " rejection")} from {Member.FormatId(e.From)} at term {e.Term}",
        VotesCounted e => $"{_id} has received {e.Granted} {NameOf(e.Type)} votes and {e.Rejected} vote rejections",
        VoteDecided e =>
            $"{_id} [logterm: {e.LastTerm}, index: {e.LastIndex}, vote: {Member.FormatId(e.Vote)}] {(e.Granted ? "cast" : "rejected")} "
            + $"{NameOf(e.Type)} {(e.Granted ? "for" : "from")} {Member.FormatId(e.Candidate)} "
            + $"[logterm: {e.CandidateLastTerm}, index: {e.CandidateLastIndex}] at term {e.Term}",
        VoteIgnoredInLease e =>
            $"{_id} [logterm: {e.LastTerm}, index: {e.LastIndex}, vote: {Member.FormatId(e.Vote)}] ignored {NameOf(e.Type)} from "
            + $"{Member.FormatId(e.Candidate)} [logterm: {e.CandidateLastTerm}, index: {e.CandidateLastIndex}] at term {e.Term}: "
            + $"lease is not expired (remaining ticks: {e.RemainingTicks})",
        _ => null,
    };

    private string? DescribeTransfer(RaftEvent raftEvent) => raftEvent switch
    {
        TransferProgressed { Step: TransferStep.Started } e =>
            $"{_id} [term {e.Term}] starts to transfer leadership to {Member.FormatId(e.Target)}",
        TransferProgressed { Step: TransferStep.TargetToldAtOnce } e =>
            $"{_id} sends MsgTimeoutNow to {Member.FormatId(e.Target)} immediately as {Member.FormatId(e.Target)} already has up-to-date log",
        TransferProgressed { Step: TransferStep.TargetToldAfterCatchUp } e =>
            $"{_id} sent MsgTimeoutNow to {Member.FormatId(e.Target)} after received MsgAppResp",
        TimeoutNowReceived { Role: RaftRole.Follower } e =>
            $"{_id} [term {e.Term}] received MsgTimeoutNow from {Member.FormatId(e.From)} and starts an election to get leadership.",
        _ => null,
    };

    private string? DescribeState(RaftEvent raftEvent) => raftEvent switch
    {
        NodeStarted e =>
            $"newRaft {_id} [peers: [{string.Join(',', e.Voters.Select(Member.FormatId))}], term: {e.Term}, commit: {e.Commit}, "
            + $"applied: {e.Applied}, lastindex: {e.LastIndex}, lastterm: {e.LastTerm}]",
        ConfigurationSwitched e => $"{_id} switched to configuration {DescribeConfiguration(e.Configuration)}",
        SnapshotRestored e =>
            $"{_id} [commit: {e.Commit}, lastindex: {e.LastIndex}, lastterm: {e.LastTerm}] restored snapshot [index: {e.Index}, term: {e.Term}]",
        LogConflictFound e => string.Create(
            CultureInfo.InvariantCulture,
            $"found conflict at index {e.Index} [existing term: {e.ExistingTerm}, conflicting term: {e.ConflictingTerm}]"),
        _ => null,
    };

    private string? DescribeTrouble(RaftEvent raftEvent) => raftEvent switch
    {
        QuorumLost => $"{_id} stepped down to follower since quorum is not active",
        CampaignRefused { Reason: CampaignRefusal.PendingConfigurationChange } e =>
            $"{_id} cannot campaign at term {e.Term} since there are still pending configuration changes to apply",
        SnapshotRefused e => $"{_id} attempted to restore snapshot but it is not in the ConfState {DescribeConfiguration(e.ConfState)}",
        _ => null,
    };

    [LoggerMessage(1110, LogLevel.Information, "{message}")]
    private partial void Happened(string message);

    [LoggerMessage(1111, LogLevel.Warning, "{message}")]
    private partial void Troubled(string message);
}
