namespace Etcd.Peer;

/// <summary>What became of a message that was posted.</summary>
public enum PostReceipt
{
    /// <summary>Raft has it.</summary>
    Taken,

    /// <summary>The body did not arrive.</summary>
    Unreadable,

    /// <summary>The body is no message.</summary>
    Undecodable,

    /// <summary>The message is not for this member, or its sender was removed, or the member takes no more at this moment.</summary>
    NotProcessed,
}
