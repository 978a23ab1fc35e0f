namespace Etcd.Raft;

/// <summary>What happens to one member. Values are those of the wire form (raftpb.ConfChangeType).</summary>
public enum ConfChangeType : byte
{
    /// <summary>The member becomes a voter; a learner is promoted.</summary>
    AddNode = 0,

    /// <summary>The member leaves.</summary>
    RemoveNode = 1,

    /// <summary>The application's data about the member changes; nothing changes for raft.</summary>
    UpdateNode = 2,

    /// <summary>The member becomes a learner; a voter is demoted.</summary>
    AddLearnerNode = 3,
}
