using Microsoft.Extensions.Logging;

namespace Etcd.Peer;

/// <summary>Log lines about other members, in etcd's wording, which people and tools search for.</summary>
internal sealed partial class PeerLog(ILogger logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(1200, LogLevel.Information, "added remote peer")]
    internal partial void AddedPeer(string localMemberId, string remotePeerId, IEnumerable<string> remotePeerUrls);

    [LoggerMessage(1201, LogLevel.Information, "updated remote peer")]
    internal partial void UpdatedPeer(string localMemberId, string remotePeerId, IEnumerable<string> updatedRemotePeerUrls);

    [LoggerMessage(1202, LogLevel.Information, "removed remote peer")]
    internal partial void RemovedPeer(string localMemberId, string removedRemotePeerId);

    [LoggerMessage(1203, LogLevel.Information, "peer became active")]
    internal partial void BecameActive(string peerId);

    [LoggerMessage(1204, LogLevel.Warning, "peer became inactive (message send to peer failed)")]
    internal partial void BecameInactive(string peerId, string error);

    [LoggerMessage(1205, LogLevel.Information, "established TCP streaming connection with remote peer")]
    internal partial void WriterAttached(string streamWriterType, string localMemberId, string remotePeerId);

    [LoggerMessage(1206, LogLevel.Warning, "lost TCP streaming connection with remote peer")]
    internal partial void WriterLost(string streamWriterType, string localMemberId, string remotePeerId, string error);

    [LoggerMessage(1207, LogLevel.Information, "established TCP streaming connection with remote peer")]
    internal partial void ReaderAttached(string streamReaderType, string localMemberId, string remotePeerId);

    [LoggerMessage(1208, LogLevel.Warning, "lost TCP streaming connection with remote peer")]
    internal partial void ReaderLost(string streamReaderType, string localMemberId, string remotePeerId, string error);

    [LoggerMessage(1209, LogLevel.Warning, "dropped internal Raft message since sending buffer is full (overloaded network)")]
    internal partial void SendQueueFull(string messageType, string localMemberId, string remotePeerId, bool remotePeerActive);

    [LoggerMessage(1210, LogLevel.Warning, "dropped Raft message since receiving buffer is full (overloaded network)")]
    internal partial void ReceiveQueueFull(string messageType, string localMemberId, string from);

    [LoggerMessage(1211, LogLevel.Warning, "rejected Raft message from removed member")]
    internal partial void RejectedFromRemoved(string localMemberId, string removedMemberId);

    [LoggerMessage(1212, LogLevel.Warning, "rejected Raft message to mismatch member")]
    internal partial void RejectedToOther(string localMemberId, string mismatchMemberId);

    [LoggerMessage(1213, LogLevel.Warning, "rejected Raft message of a type that never travels")]
    internal partial void RejectedLocalType(string localMemberId, string messageType, string from);

    [LoggerMessage(1214, LogLevel.Warning, "request sent was ignored by remote peer due to server version incompatibility")]
    internal partial void IgnoredForVersion(string localMemberId, string remotePeerId, string error);

    [LoggerMessage(1215, LogLevel.Warning, "request sent was ignored by remote peer due to cluster ID mismatch")]
    internal partial void IgnoredForCluster(string remotePeerId, string remotePeerClusterId, string localMemberId, string localMemberClusterId, string error);

    [LoggerMessage(1216, LogLevel.Critical, "the member has been permanently removed from the cluster")]
    internal partial void SelfRemoved(string localMemberId, string remotePeerId);

    [LoggerMessage(1217, LogLevel.Information, "sending database snapshot")]
    internal partial void SendingSnapshot(ulong snapshotIndex, string remotePeerId, long bytes);

    [LoggerMessage(1218, LogLevel.Information, "sent database snapshot")]
    internal partial void SentSnapshot(ulong snapshotIndex, string remotePeerId, long bytes, string took);

    [LoggerMessage(1219, LogLevel.Warning, "failed to send database snapshot")]
    internal partial void SendSnapshotFailed(ulong snapshotIndex, string remotePeerId, long bytes, string error);

    [LoggerMessage(1220, LogLevel.Information, "receiving database snapshot")]
    internal partial void ReceivingSnapshot(string localMemberId, string remoteSnapshotSenderId, ulong incomingSnapshotIndex);

    [LoggerMessage(1221, LogLevel.Information, "received and saved database snapshot")]
    internal partial void ReceivedSnapshot(string localMemberId, string remoteSnapshotSenderId, ulong incomingSnapshotIndex, string took);

    [LoggerMessage(1222, LogLevel.Warning, "failed to save incoming database snapshot")]
    internal partial void ReceiveSnapshotFailed(string localMemberId, string remoteSnapshotSenderId, ulong incomingSnapshotIndex, string error);

    [LoggerMessage(1223, LogLevel.Warning, "prober detected unhealthy status")]
    internal partial void Unhealthy(string roundTripperName, string remotePeerId, string rtt, string error);

    [LoggerMessage(1224, LogLevel.Warning, "prober found high clock drift")]
    internal partial void ClockDrift(string roundTripperName, string remotePeerId, string clockDrift, string rtt);

    [LoggerMessage(1225, LogLevel.Warning, "failed to decode a message from remote peer")]
    internal partial void BadFrame(string streamReaderType, string localMemberId, string remotePeerId, string error);

    [LoggerMessage(1226, LogLevel.Warning, "request version incompatible")]
    internal partial void RefusedForVersion(
        string localMemberId,
        string localMemberServerVersion,
        string localMemberServerMinimumClusterVersion,
        string remotePeerServerName,
        string remotePeerServerVersion,
        string remotePeerServerMinimumClusterVersion);

    [LoggerMessage(1227, LogLevel.Warning, "request cluster ID mismatch")]
    internal partial void RefusedForCluster(
        string localMemberId, string localMemberClusterId, string remotePeerServerName, string remotePeerClusterId);

    [LoggerMessage(1228, LogLevel.Warning, "rejected snapshot message without a database")]
    internal partial void RejectedSnapshotWithoutDatabase(string localMemberId, string from);

    [LoggerMessage(1229, LogLevel.Warning, "failed to read Raft message")]
    internal partial void PostUnreadable(string localMemberId, string remoteAddr, string error);

    [LoggerMessage(1230, LogLevel.Warning, "failed to unmarshal Raft message")]
    internal partial void PostUndecodable(string localMemberId, string remoteAddr, string error);

    [LoggerMessage(1231, LogLevel.Warning, "failed to decode Raft message")]
    internal partial void SnapshotUndecodable(string localMemberId, string remoteSnapshotSenderId, string remoteAddr, string error);

    [LoggerMessage(1232, LogLevel.Warning, "failed to find remote peer in cluster")]
    internal partial void StreamFromStranger(
        string localMemberId, string remotePeerIdStreamHandler, string remotePeerIdFrom, string clusterId, string remoteAddr);
}
