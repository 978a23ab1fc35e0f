namespace Etcd.Raft;

/// <summary>What became of a message.</summary>
public enum StepOutcome : byte
{
    /// <summary>Taken in. That includes messages of an old term, which have no effect.</summary>
    Processed = 0,

    /// <summary>It was a proposal and was dropped.</summary>
    ProposalDropped,

    /// <summary>A response from a member outside the configuration.</summary>
    UnknownPeer,

    /// <summary>A message that only the member itself may make, come from a peer.</summary>
    LocalMessageFromPeer,
}
