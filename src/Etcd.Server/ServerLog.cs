using Microsoft.Extensions.Logging;

namespace Etcd.Server;

/// <summary>Log lines of the member as a whole, in etcd's wording.</summary>
internal sealed partial class ServerLog(ILogger logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(1000, LogLevel.Information, "starting local member")]
    internal partial void StartingLocalMember(string localMemberId, string clusterId);

    [LoggerMessage(1001, LogLevel.Information, "restarting local member")]
    internal partial void RestartingLocalMember(string clusterId, string localMemberId, ulong commitIndex);

    [LoggerMessage(1002, LogLevel.Information, "opened backend db")]
    internal partial void OpenedBackend(string path, string took);

    [LoggerMessage(1003, LogLevel.Information, "kvstore restored")]
    internal partial void StoreRestored(long currentRev);

    [LoggerMessage(1004, LogLevel.Information, "restore consistentIndex")]
    internal partial void ConsistentIndex(ulong index);

    [LoggerMessage(1005, LogLevel.Information, "recovered v2 store from snapshot")]
    internal partial void RecoveredFromSnapshot(ulong snapshotIndex);

    [LoggerMessage(1006, LogLevel.Information, "starting etcd server")]
    internal partial void StartingServer(string localMemberId, string localServerVersion, string clusterVersion);

    [LoggerMessage(1007, LogLevel.Information, "added member")]
    internal partial void AddedMember(string clusterId, string addedPeerId, IEnumerable<string> addedPeerPeerUrls, bool addedPeerIsLearner);

    [LoggerMessage(1008, LogLevel.Information, "set initial cluster version")]
    internal partial void InitialClusterVersion(string clusterVersion);

    [LoggerMessage(1009, LogLevel.Information, "published local member to cluster through raft")]
    internal partial void Published(string localMemberId, string localMemberAttributes, string requestPath, string clusterId);

    [LoggerMessage(1010, LogLevel.Warning, "failed to publish local member to cluster through raft")]
    internal partial void PublishFailed(string localMemberId, string error);

    [LoggerMessage(1011, LogLevel.Information, "triggering snapshot")]
    internal partial void TriggeringSnapshot(string localMemberId, ulong localMemberAppliedIndex, ulong localMemberSnapshotIndex, ulong localMemberSnapshotCount);

    [LoggerMessage(1012, LogLevel.Information, "saved snapshot")]
    internal partial void SavedSnapshot(ulong snapshotIndex);

    [LoggerMessage(1013, LogLevel.Warning, "apply request took too long")]
    internal partial void SlowApply(string took, string expectedDuration, string prefix, string request, string response);

    [LoggerMessage(1050, LogLevel.Warning, "apply request took too long")]
    internal partial void SlowApplyRefused(
        string took, string expectedDuration, string prefix, string request, string response, string error);

    [LoggerMessage(1051, LogLevel.Information, "compact tree index")]
    internal partial void CompactingIndex(long revision);

    [LoggerMessage(1052, LogLevel.Information, "finished scheduled compaction")]
    internal partial void FinishedCompaction(
        long compactRevision,
        string took,
        long hash,
        long currentDbSizeBytes,
        string currentDbSize,
        long currentDbSizeInUseBytes,
        string currentDbSizeInUse);

    [LoggerMessage(1053, LogLevel.Information, "defragmenting")]
    internal partial void Defragmenting(
        long currentDbSizeBytes, string currentDbSize, long currentDbSizeInUseBytes, string currentDbSizeInUse);

    [LoggerMessage(1054, LogLevel.Information, "finished defragmenting directory")]
    internal partial void Defragmented(
        long currentDbSizeBytesDiff,
        long currentDbSizeBytes,
        string currentDbSize,
        long currentDbSizeInUseBytesDiff,
        long currentDbSizeInUseBytes,
        string currentDbSizeInUse,
        string took);

    [LoggerMessage(1055, LogLevel.Information, "Skipping defragmentation")]
    internal partial void SkippingDefragmentation(
        long currentDbSizeBytes,
        string currentDbSize,
        long currentDbSizeInUseBytes,
        string currentDbSizeInUse,
        long bootstrapDefragThresholdBytes,
        string bootstrapDefragThreshold);

    [LoggerMessage(1014, LogLevel.Warning, "alarm raised")]
    internal partial void AlarmRaised(string alarm, string from);

    [LoggerMessage(1024, LogLevel.Warning, "alarm disarmed")]
    internal partial void AlarmDisarmed(string alarm, string from);

    [LoggerMessage(1015, LogLevel.Information, "purged")]
    internal partial void Purged(string path);

    [LoggerMessage(1016, LogLevel.Warning, "failed to purge files")]
    internal partial void PurgeFailed(string error);

    [LoggerMessage(1017, LogLevel.Warning, "failed to revoke expired lease")]
    internal partial void RevokeFailed(string leaseId, string error);

    [LoggerMessage(1042, LogLevel.Warning, "failed to checkpoint leases")]
    internal partial void CheckpointFailed(int leases, string error);

    [LoggerMessage(1018, LogLevel.Information, "skipped leadership transfer for single voting member cluster")]
    internal partial void SkippedTransfer(string localMemberId, string currentLeaderMemberId);

    [LoggerMessage(1019, LogLevel.Critical, "member stops")]
    internal partial void Faulted(string error);

    [LoggerMessage(1020, LogLevel.Information, "starting auto compaction")]
    internal partial void AutoCompacting(long revision, string mode);

    [LoggerMessage(1021, LogLevel.Warning, "failed auto compaction")]
    internal partial void AutoCompactionFailed(long revision, string error);

    [LoggerMessage(1022, LogLevel.Warning, "slow fdatasync")]
    internal partial void SlowSync(string took, string expectedDuration);

    [LoggerMessage(1023, LogLevel.Warning, "failed to raise alarm")]
    internal partial void RaiseAlarmFailed(string error);

    [LoggerMessage(1091, LogLevel.Warning, "failed to disarm alarm")]
    internal partial void DisarmAlarmFailed(string error);

    [LoggerMessage(1030, LogLevel.Information, "skipped leadership transfer; local server is not leader")]
    internal partial void SkippedTransferNotLeader(string localMemberId, string currentLeaderMemberId);

    [LoggerMessage(1031, LogLevel.Information, "leadership transfer starting")]
    internal partial void TransferStarting(string localMemberId, string currentLeaderMemberId, string transfereeMemberId);

    [LoggerMessage(1032, LogLevel.Information, "leadership transfer finished")]
    internal partial void TransferFinished(string localMemberId, string oldLeaderMemberId, string newLeaderMemberId, string took);

    [LoggerMessage(1033, LogLevel.Warning, "leadership transfer failed")]
    internal partial void TransferFailed(string localMemberId, string error);

    [LoggerMessage(1034, LogLevel.Warning, "server error")]
    internal partial void ServerError(string error);

    [LoggerMessage(1035, LogLevel.Warning, "data-dir used by this member must be removed")]
    internal partial void DataDirectoryMustBeRemoved();

    [LoggerMessage(1036, LogLevel.Information, "discarding uncommitted WAL entries")]
    internal partial void DiscardingEntries(ulong entryIndex, ulong commitIndexFromWal, int numberOfDiscardedEntries);

    [LoggerMessage(1037, LogLevel.Information, "forcing restart member")]
    internal partial void ForcingRestart(string clusterId, string localMemberId, ulong commitIndex);

    [LoggerMessage(1038, LogLevel.Information, "initialized peer connections; fast-forwarding election ticks")]
    internal partial void AdvancingTicks(int forwardTicks, int electionTicks);

    [LoggerMessage(1090, LogLevel.Information, "the database is behind its snapshot; the one received with the snapshot takes its place")]
    internal partial void ResumingInstallation(string path, ulong databaseIndex, ulong snapshotIndex);

    [LoggerMessage(1040, LogLevel.Warning, "failed to update cluster version")]
    internal partial void ClusterVersionNotSet(string clusterVersion, string error);

    [LoggerMessage(1041, LogLevel.Information, "updated cluster version")]
    internal partial void UpdatedClusterVersion(string from, string to);
}
