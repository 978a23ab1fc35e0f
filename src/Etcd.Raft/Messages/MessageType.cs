namespace Etcd.Raft;

/// <summary>Kinds of raft messages. Values are those of the wire form (raftpb.MessageType).</summary>
public enum MessageType : byte
{
    /// <summary>Local: start an election. <see cref="RaftNode.Campaign"/> is the call for it.</summary>
    Campaign = 0,

    /// <summary>Local: send a heartbeat. The node does this by itself on a tick.</summary>
    Beat = 1,

    /// <summary>Append these entries to the log; a follower forwards it to the leader.</summary>
    Propose = 2,

    /// <summary>Leader to follower: entries that follow a given position, and the commit index.</summary>
    Append = 3,

    /// <summary>Answer to <see cref="Append"/> and <see cref="Snapshot"/>.</summary>
    AppendResponse = 4,

    /// <summary>Candidate asks for a vote.</summary>
    Vote = 5,

    /// <summary>Answer to <see cref="Vote"/>.</summary>
    VoteResponse = 6,

    /// <summary>Leader to follower: a snapshot in place of entries that the leader's log no longer has.</summary>
    Snapshot = 7,

    /// <summary>Leader to follower: the leader lives; carries a commit index and perhaps a read-index context.</summary>
    Heartbeat = 8,

    /// <summary>Answer to <see cref="Heartbeat"/>, echoing its context.</summary>
    HeartbeatResponse = 9,

    /// <summary>Local: a message could not be sent. <see cref="RaftNode.ReportUnreachable"/> is the call for it.</summary>
    Unreachable = 10,

    /// <summary>Local: how sending a snapshot ended. <see cref="RaftNode.ReportSnapshot"/> is the call for it.</summary>
    SnapshotStatus = 11,

    /// <summary>Local: the leader checks that a quorum was heard of. The node does this by itself on a tick.</summary>
    CheckQuorum = 12,

    /// <summary>Hand leadership to the sender; a follower forwards it to the leader.</summary>
    TransferLeader = 13,

    /// <summary>Leader to follower: start an election at once, without waiting for a time-out.</summary>
    TimeoutNow = 14,

    /// <summary>Asks for a read index; a follower forwards it to the leader.</summary>
    ReadIndex = 15,

    /// <summary>Answer to <see cref="ReadIndex"/>.</summary>
    ReadIndexResponse = 16,

    /// <summary>Asks whether a vote would be granted, without raising anybody's term.</summary>
    PreVote = 17,

    /// <summary>Answer to <see cref="PreVote"/>.</summary>
    PreVoteResponse = 18,

    /// <summary>To the log writer: persist entries, hard state and snapshot, then deliver the responses.</summary>
    StorageAppend = 19,

    /// <summary>From the log writer: entries or a snapshot are durable.</summary>
    StorageAppendResponse = 20,

    /// <summary>To the applier: apply these committed entries, then deliver the responses.</summary>
    StorageApply = 21,

    /// <summary>From the applier: the entries are applied.</summary>
    StorageApplyResponse = 22,

    /// <summary>Local: a follower forgets its leader. <see cref="RaftNode.ForgetLeader"/> is the call for it.</summary>
    ForgetLeader = 23,
}
