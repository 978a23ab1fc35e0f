namespace Etcd.Raft;

/// <summary>Classes of message types.</summary>
internal static class MessageKinds
{
    /// <summary>Whether only the member itself makes such messages.</summary>
    public static bool IsLocal(MessageType type) => type is
        MessageType.Campaign or MessageType.Beat or MessageType.Unreachable or MessageType.SnapshotStatus or
        MessageType.CheckQuorum or MessageType.StorageAppend or MessageType.StorageAppendResponse or
        MessageType.StorageApply or MessageType.StorageApplyResponse or MessageType.ForgetLeader;

    /// <summary>Whether the message answers another one.</summary>
    public static bool IsResponse(MessageType type) => type is
        MessageType.AppendResponse or MessageType.VoteResponse or MessageType.HeartbeatResponse or
        MessageType.Unreachable or MessageType.ReadIndexResponse or MessageType.PreVoteResponse or
        MessageType.StorageAppendResponse or MessageType.StorageApplyResponse;
}
