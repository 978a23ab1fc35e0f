namespace Etcd.Peer.Links;

/// <summary>What became of a message that another member sent.</summary>
internal enum PeerDelivery
{
    /// <summary>The member has it.</summary>
    Taken,

    /// <summary>The member takes no more at this moment: the message is lost.</summary>
    Full,

    /// <summary>It is not meant for this member, its sender was removed, or its kind never travels.</summary>
    Refused,
}
