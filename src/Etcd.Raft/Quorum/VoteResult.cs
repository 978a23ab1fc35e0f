namespace Etcd.Raft;

/// <summary>Where a count of votes stands.</summary>
internal enum VoteResult : byte
{
    /// <summary>Votes that could still decide it are missing.</summary>
    Pending,

    /// <summary>A quorum can no longer be reached.</summary>
    Lost,

    /// <summary>A quorum has voted yes.</summary>
    Won,
}
