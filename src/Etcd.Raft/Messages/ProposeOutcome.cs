namespace Etcd.Raft;

/// <summary>What became of a proposal. Whatever is not <see cref="Accepted"/> was dropped and may be proposed again.</summary>
public enum ProposeOutcome : byte
{
    /// <summary>In the leader's log, or on its way to the leader. It may still be lost with the leader.</summary>
    Accepted = 0,

    /// <summary>No leader is known.</summary>
    NoLeader,

    /// <summary>This member is not the leader, and forwarding is off.</summary>
    ForwardingDisabled,

    /// <summary>The leader hands over leadership and takes nothing new.</summary>
    TransferringLeadership,

    /// <summary>The leader has been removed from the configuration.</summary>
    NotMember,

    /// <summary>The leader's uncommitted entries would exceed <see cref="RaftOptions.UncommittedBytesMax"/>.</summary>
    TooMuchUncommitted,
}
