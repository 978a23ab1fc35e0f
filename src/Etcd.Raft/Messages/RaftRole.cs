namespace Etcd.Raft;

/// <summary>What a member is in its term. Values are those etcd reports (raft.StateType).</summary>
public enum RaftRole : byte
{
    /// <summary>Follows a leader, or waits for one.</summary>
    Follower = 0,

    /// <summary>Asks for votes in its term.</summary>
    Candidate = 1,

    /// <summary>Leads its term.</summary>
    Leader = 2,

    /// <summary>Asks whether it would get votes, before raising its term.</summary>
    PreCandidate = 3,
}
