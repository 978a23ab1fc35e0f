namespace Etcd.Raft;

/// <summary>How a leader makes sure that it still leads before it answers a read-index request.</summary>
public enum ReadOnlyOption : byte
{
    /// <summary>A quorum answers a heartbeat sent after the request.</summary>
    Safe = 0,

    /// <summary>It trusts its lease. Clock drift between members can make reads stale. Needs <see cref="RaftOptions.CheckQuorum"/>.</summary>
    LeaseBased = 1,
}
