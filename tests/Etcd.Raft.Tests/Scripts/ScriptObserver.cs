namespace Etcd.Raft.Tests.Scripts;

/// <summary>Turns a node's events into the log lines of the scripts.</summary>
internal sealed class ScriptObserver(ulong id, ScriptOutput output) : IRaftObserver
{
    private readonly string _id = RaftText.Id(id);

    public void Observe(RaftEvent raftEvent)
    {
        (ScriptLogLevel level, string text) = raftEvent switch
        {
            NodeStarted e => Info(
                $"newRaft {_id} [peers: [{string.Join(',', e.Voters.Select(RaftText.Id))}], term: {e.Term}, commit: {e.Commit}, "
                + $"applied: {e.Applied}, lastindex: {e.LastIndex}, lastterm: {e.LastTerm}]"),
            ConfigurationSwitched e => Info($"{_id} switched to configuration {RaftText.Of(e.Configuration)}"),
            ConfChangeIgnored e => Info(
                $"{_id} ignoring conf change {RaftText.Of(e.Change)} at config {RaftText.Of(e.Configuration)}: {Reason(e)}"),
            AutomaticLeaveProposed { Outcome: ProposeOutcome.Accepted } e => Info(
                $"initiating automatic transition out of joint configuration {RaftText.Of(e.Configuration)}"),
            AutomaticLeaveProposed e => Debug(
                $"not initiating automatic transition out of joint configuration {RaftText.Of(e.Configuration)}: raft proposal dropped"),
            ProposalDropped e => Describe(e),
            ReadIndexDropped e => Info($"{_id} no leader at term {e.Term}; dropping index reading msg"),
            ReadIndexMalformed e => Error(
                $"{_id} invalid format of MsgReadIndexResp from {RaftText.Id(e.From)}, entries count: {e.Contexts}"),
            TransferProgressed e => Describe(e),
            TimeoutNowReceived e => Describe(e),
            _ => DescribeElection(raftEvent) ?? DescribeReplication(raftEvent) ?? DescribeSnapshot(raftEvent)
                ?? throw new InvalidOperationException($"no line for {raftEvent}"),
        };
        output.Log(level, text);
    }

    private static (ScriptLogLevel Level, string Text) Debug(string text) => (ScriptLogLevel.Debug, text);

    private static (ScriptLogLevel Level, string Text) Info(string text) => (ScriptLogLevel.Info, text);

    private static (ScriptLogLevel Level, string Text) Warn(string text) => (ScriptLogLevel.Warn, text);

    private static (ScriptLogLevel Level, string Text) Error(string text) => (ScriptLogLevel.Error, text);

    private static string Reason(ConfChangeIgnored e) => e.Reason switch
    {
        ConfChangeRefusal.EarlierChangePending =>
            $"possible unapplied conf change at index {e.PendingIndex} (applied to {e.Applied})",
        ConfChangeRefusal.MustLeaveJoint => "must transition out of joint config first",
        _ => "not in joint state; refusing empty conf change",
    };

    private (ScriptLogLevel Level, string Text)? DescribeElection(RaftEvent raftEvent) => raftEvent switch
    {
        BecameFollower e => Info($"{_id} became follower at term {e.Term}"),
        BecamePreCandidate e => Info($"{_id} became pre-candidate at term {e.Term}"),
        BecameCandidate e => Info($"{_id} became candidate at term {e.Term}"),
        BecameLeader e => Info($"{_id} became leader at term {e.Term}"),
        ElectionStarted e => Info($"{_id} is starting a new election at term {e.Term}"),
        CampaignRefused e => Describe(e),
        VoteRequested e => Info(
            $"{_id} [logterm: {e.LastTerm}, index: {e.LastIndex}] sent {RaftText.Of(e.Type)} request to {RaftText.Id(e.To)} at term {e.Term}"),
        VoteReceived e => Info(
            $"{_id} received {RaftText.Of(e.Type)}{(e.Granted ? "" : " rejection")} from {RaftText.Id(e.From)} at term {e.Term}"),
        VotesCounted e => Info(
            $"{_id} has received {e.Granted} {RaftText.Of(e.Type)} votes and {e.Rejected} vote rejections"),
        VoteDecided e => Info(
            $"{_id} [logterm: {e.LastTerm}, index: {e.LastIndex}, vote: {VoteId(e.Vote)}] {(e.Granted ? "cast" : "rejected")} {RaftText.Of(e.Type)} "
            + $"{(e.Granted ? "for" : "from")} {RaftText.Id(e.Candidate)} [logterm: {e.CandidateLastTerm}, index: {e.CandidateLastIndex}] at term {e.Term}"),
        VoteIgnoredInLease e => Info(
            $"{_id} [logterm: {e.LastTerm}, index: {e.LastIndex}, vote: {VoteId(e.Vote)}] ignored {RaftText.Of(e.Type)} from {RaftText.Id(e.Candidate)} "
            + $"[logterm: {e.CandidateLastTerm}, index: {e.CandidateLastIndex}] at term {e.Term}: "
            + $"lease is not expired (remaining ticks: {e.RemainingTicks})"),
        HigherTermReceived e => Info(
            $"{_id} [term: {e.Term}] received a {RaftText.Of(e.Type)} message with higher term from {RaftText.Id(e.From)} [term: {e.MessageTerm}]"),
        LowerTermIgnored e => Info(
            $"{_id} [term: {e.Term}] ignored a {RaftText.Of(e.Type)} message with lower term from {RaftText.Id(e.From)} [term: {e.MessageTerm}]"),
        QuorumLost => Warn($"{_id} stepped down to follower since quorum is not active"),
        LeaderForgotten e => Info($"{_id} forgetting leader {RaftText.Id(e.Leader)} at term {e.Term}"),
        ForgetLeaderRefused => Error("ignoring MsgForgetLeader due to ReadOnlyLeaseBased"),
        _ => null,
    };

    private (ScriptLogLevel Level, string Text)? DescribeReplication(RaftEvent raftEvent) => raftEvent switch
    {
        AppendRefused e => Debug(
            $"{_id} [logterm: {e.OwnTerm}, index: {e.Index}] rejected MsgApp [logterm: {e.LeaderTerm}, index: {e.Index}] from {RaftText.Id(e.From)}"),
        AppendRejectionReceived e => Debug(
            $"{_id} received MsgAppResp(rejected, hint: (index {e.HintIndex}, term {e.HintTerm})) from {RaftText.Id(e.From)} for index {e.Index}"),
        ProgressChanged e => Debug(Describe(e)),
        ProgressMissing e => Debug($"{_id} no progress available for {RaftText.Id(e.From)}"),
        LogConflictFound e => Info(
            $"found conflict at index {e.Index} [existing term: {e.ExistingTerm}, conflicting term: {e.ConflictingTerm}]"),
        UnstableEntriesReplaced { All: true } e => Info($"replace the unstable entries from index {e.Index}"),
        UnstableEntriesReplaced e => Info($"truncate the unstable entries before index {e.Index}"),
        StableEntriesIgnored e => Info(e.Reason switch
        {
            StaleAcknowledgement.LowerTerm =>
                $"{_id} [term: {e.Term}] ignored entry appends from a MsgStorageAppendResp message with lower term [term: {e.MessageTerm}]",
            StaleAcknowledgement.Missing => $"entry at index {e.Index} missing from unstable log; ignoring",
            StaleAcknowledgement.MatchesSnapshot => $"entry at index {e.Index} matched unstable snapshot; ignoring",
            _ => $"entry at (index,term)=({e.Index},{e.AcknowledgedTerm}) mismatched with entry at ({e.Index},{e.UnstableTerm}) in unstable log; ignoring",
        }),
        _ => null,
    };

    private (ScriptLogLevel Level, string Text)? DescribeSnapshot(RaftEvent raftEvent) => raftEvent switch
    {
        SnapshotSent e => Debug(
            $"{_id} [firstindex: {e.FirstIndex}, commit: {e.Commit}] sent snapshot[index: {e.Index}, term: {e.Term}] to {RaftText.Id(e.Progress.Id)} [{RaftText.Of(e.Progress)}]"),
        SnapshotDelayed { Reason: SnapshotDelay.NotRecentlyActive } e => Debug(
            $"ignore sending snapshot to {RaftText.Id(e.To)} since it is not recently active"),
        SnapshotDelayed e => Debug(
            $"{_id} failed to send snapshot to {RaftText.Id(e.To)} because snapshot is temporarily unavailable"),
        SnapshotRestoreStarted e => Info(
            $"log [committed={e.Commit}, applied={e.Applied}, applying={e.Applying}, unstable.offset={e.UnstableOffset}, "
            + $"unstable.offsetInProgress={e.UnstableOffsetInProgress}, len(unstable.Entries)={e.UnstableEntries}] "
            + $"starts to restore snapshot [index: {e.Index}, term: {e.Term}]"),
        SnapshotRestored e => Info(
            $"{_id} [commit: {e.Commit}, lastindex: {e.LastIndex}, lastterm: {e.LastTerm}] restored snapshot [index: {e.Index}, term: {e.Term}]"),
        SnapshotFastForwarded e => Info(
            $"{_id} [commit: {e.Commit}, lastindex: {e.LastIndex}, lastterm: {e.LastTerm}] fast-forwarded commit to snapshot [index: {e.Index}, term: {e.Term}]"),
        SnapshotHandled e => Info(
            $"{_id} [commit: {e.Commit}] {(e.Restored ? "restored" : "ignored")} snapshot [index: {e.Index}, term: {e.Term}]"),
        SnapshotRefused e => Warn($"{_id} attempted to restore snapshot but it is not in the ConfState {e.ConfState}; should never happen"),
        _ => null,
    };

    private (ScriptLogLevel Level, string Text) Describe(CampaignRefused e) => e.Reason switch
    {
        CampaignRefusal.AlreadyLeader => Debug($"{_id} ignoring MsgHup because already leader"),
        CampaignRefusal.NotPromotable => Warn($"{_id} is unpromotable and can not campaign"),
        _ => Warn($"{_id} cannot campaign at term {e.Term} since there are still pending configuration changes to apply"),
    };

    private (ScriptLogLevel Level, string Text) Describe(ProposalDropped e) => e.Outcome switch
    {
        ProposeOutcome.NoLeader => Info($"{_id} no leader at term {e.Term}; dropping proposal"),
        ProposeOutcome.ForwardingDisabled => Info(
            $"{_id} not forwarding to leader {RaftText.Id(e.Leader)} at term {e.Term}; dropping proposal"),
        ProposeOutcome.TransferringLeadership => Debug(
            $"{_id} [term {e.Term}] transfer leadership to {RaftText.Id(e.Transferee)} is in progress; dropping proposal"),
        ProposeOutcome.TooMuchUncommitted => Warn(
            $"{_id} appending new entries to log would exceed uncommitted entry size limit; dropping proposal"),

        // The original says nothing when a removed leader drops a proposal.
        _ => (ScriptLogLevel.Debug - 1, ""),
    };

    private (ScriptLogLevel Level, string Text) Describe(TransferProgressed e)
    {
        string target = RaftText.Id(e.Target);
        return e.Step switch
        {
            TransferStep.Started => Info($"{_id} [term {e.Term}] starts to transfer leadership to {target}"),
            TransferStep.AbortedForAnother => Info($"{_id} [term {e.Term}] abort previous transferring leadership to {target}"),
            TransferStep.AlreadyUnderWay => Info(
                $"{_id} [term {e.Term}] transfer leadership to {target} is in progress, ignores request to same node {target}"),
            TransferStep.AlreadyLeader => Debug($"{_id} is already leader. Ignored transferring leadership to self"),
            TransferStep.TargetIsLearner => Debug($"{_id} is learner. Ignored transferring leadership"),
            TransferStep.TargetToldAtOnce => Info(
                $"{_id} sends MsgTimeoutNow to {target} immediately as {target} already has up-to-date log"),
            TransferStep.TargetToldAfterCatchUp => Info($"{_id} sent MsgTimeoutNow to {target} after received MsgAppResp"),
            _ => Info($"{_id} no leader at term {e.Term}; dropping leader transfer msg"),
        };
    }

    private (ScriptLogLevel Level, string Text) Describe(TimeoutNowReceived e) => e.Role == RaftRole.Follower
        ? Info($"{_id} [term {e.Term}] received MsgTimeoutNow from {RaftText.Id(e.From)} and starts an election to get leadership.")
        : Debug($"{_id} [term {e.Term} state State{e.Role}] ignored MsgTimeoutNow from {RaftText.Id(e.From)}");

    private string Describe(ProgressChanged e)
    {
        string member = $"{RaftText.Id(e.Progress.Id)} [{RaftText.Of(e.Progress)}]";
        return e.Change switch
        {
            ProgressChange.Decreased => $"{_id} decreased progress of {RaftText.Id(e.Progress.Id)} to [{RaftText.Of(e.Progress)}]",
            ProgressChange.PausedForSnapshot => $"{_id} paused sending replication messages to {member}",
            ProgressChange.RecoveredFromSnapshot => $"{_id} recovered from needing snapshot, resumed sending replication messages to {member}",
            ProgressChange.SnapshotSucceeded => $"{_id} snapshot succeeded, resumed sending replication messages to {member}",
            ProgressChange.SnapshotFailed => $"{_id} snapshot failed, resumed sending replication messages to {member}",
            _ => $"{_id} failed to send message to {member.Replace(" [", " because it is unreachable [", StringComparison.Ordinal)}",
        };
    }

    private static string VoteId(ulong vote) => vote.ToString("x", System.Globalization.CultureInfo.InvariantCulture);
}
