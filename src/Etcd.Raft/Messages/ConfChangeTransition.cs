namespace Etcd.Raft;

/// <summary>How a change of several members is carried out. Values are those of the wire form (raftpb.ConfChangeTransition).</summary>
public enum ConfChangeTransition : byte
{
    /// <summary>In one step if at most one member changes, else through a joint configuration that the leader leaves by itself.</summary>
    Auto = 0,

    /// <summary>Always through a joint configuration, which the leader leaves by itself.</summary>
    JointImplicit = 1,

    /// <summary>Always through a joint configuration, which stays until an empty change is proposed.</summary>
    JointExplicit = 2,
}
