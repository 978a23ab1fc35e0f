using Microsoft.Extensions.Logging;

namespace Etcd.Server.Integrity;

/// <summary>Log lines of comparing data between members, in etcd's wording.</summary>
internal sealed partial class IntegrityLog(ILogger logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(1600, LogLevel.Warning, "failed hash kv request")]
    internal partial void RequestFailed(string localMemberId, long requestedRevision, string remotePeerEndpoint, string error);

    [LoggerMessage(1601, LogLevel.Information, "starting initial corruption check")]
    internal partial void StartingInitialCheck(string localMemberId, string timeout);

    [LoggerMessage(1602, LogLevel.Information, "initial corruption checking passed; no corruption")]
    internal partial void InitialCheckPassed(string localMemberId);

    [LoggerMessage(1603, LogLevel.Error, "checkInitialHashKV failed")]
    internal partial void InitialCheckFailed(string error);

    [LoggerMessage(1604, LogLevel.Warning, "found different hash values from remote peer")]
    internal partial void DifferentHash(
        string localMemberId,
        long localMemberRevision,
        long localMemberCompactRevision,
        uint localMemberHash,
        string remotePeerId,
        IEnumerable<string> remotePeerEndpoints,
        long remotePeerRevision,
        long remotePeerCompactRevision,
        uint remotePeerHash);

    [LoggerMessage(1605, LogLevel.Warning, "found different compact revision values from remote peer")]
    internal partial void DifferentCompactRevision(
        string localMemberId,
        long localMemberRevision,
        long localMemberCompactRevision,
        uint localMemberHash,
        string remotePeerId,
        IEnumerable<string> remotePeerEndpoints,
        long remotePeerRevision,
        long remotePeerCompactRevision,
        uint remotePeerHash);

    [LoggerMessage(1606, LogLevel.Warning, "cannot fetch hash from slow remote peer")]
    internal partial void PeerIsSlow(
        string localMemberId,
        long localMemberRevision,
        long localMemberCompactRevision,
        uint localMemberHash,
        string remotePeerId,
        IEnumerable<string> remotePeerEndpoints);

    [LoggerMessage(1607, LogLevel.Warning, "cannot fetch hash from remote peer; local member is behind")]
    internal partial void LocalMemberIsBehind(
        string localMemberId,
        long localMemberRevision,
        long localMemberCompactRevision,
        uint localMemberHash,
        string remotePeerId,
        IEnumerable<string> remotePeerEndpoints);

    [LoggerMessage(1608, LogLevel.Information, "enabled corruption checking")]
    internal partial void PeriodicCheckEnabled(string localMemberId, string interval);

    [LoggerMessage(1609, LogLevel.Warning, "failed to check hash KV")]
    internal partial void CheckFailed(string error);

    [LoggerMessage(1610, LogLevel.Warning, "found hash mismatch")]
    internal partial void OwnHashChanged(
        long firstRevision,
        long firstCompactRevision,
        uint firstHash,
        long secondRevision,
        long secondCompactRevision,
        uint secondHash);

    [LoggerMessage(1611, LogLevel.Warning, "revision from follower must be less than or equal to leader's")]
    internal partial void FollowerIsAhead(long leaderRevision, long followerRevision, string followerPeerId);

    [LoggerMessage(1612, LogLevel.Warning, "compact revision from follower must be less than or equal to leader's")]
    internal partial void FollowerCompactedAhead(long leaderCompactRevision, long followerCompactRevision, string followerPeerId);

    [LoggerMessage(1613, LogLevel.Warning, "same compact revision then hashes must match")]
    internal partial void HashesDiffer(
        long leaderCompactRevision, uint leaderHash, long followerCompactRevision, uint followerHash, string followerPeerId);

    [LoggerMessage(1614, LogLevel.Information, "finished peer corruption check")]
    internal partial void PeriodicCheckFinished(int numberOfPeersChecked);

    [LoggerMessage(1615, LogLevel.Information, "starting compact hash check")]
    internal partial void StartingCompactionCheck(string localMemberId, string timeout);

    [LoggerMessage(1616, LogLevel.Error, "failed compaction hash check")]
    internal partial void CompactionHashesDiffer(
        long revision,
        long leaderCompactRevision,
        uint leaderHash,
        long followerCompactRevision,
        uint followerHash,
        string followerPeerId);

    [LoggerMessage(1617, LogLevel.Information, "successfully checked hash on whole cluster")]
    internal partial void CompactionAgreed(int numberOfPeersChecked, long revisionChecked);

    [LoggerMessage(1618, LogLevel.Warning, "skipped revision in compaction hash check; was not able to check all peers")]
    internal partial void CompactionSkipped(int numberOfPeersChecked, int numberOfPeers, long revisionChecked);

    [LoggerMessage(1619, LogLevel.Information, "finished compaction hash check")]
    internal partial void CompactionCheckFinished(int numberOfHashesChecked);
}
