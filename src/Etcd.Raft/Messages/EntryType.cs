namespace Etcd.Raft;

/// <summary>What a log entry carries. Values are those of the wire and disk form (raftpb.EntryType).</summary>
public enum EntryType : byte
{
    /// <summary>A request of the application; empty for the entry a new leader begins its term with.</summary>
    Normal = 0,

    /// <summary>A change of one member (raftpb.ConfChange).</summary>
    ConfChange = 1,

    /// <summary>A change of several members, through a joint configuration if need be (raftpb.ConfChangeV2).</summary>
    ConfChangeV2 = 2,
}
