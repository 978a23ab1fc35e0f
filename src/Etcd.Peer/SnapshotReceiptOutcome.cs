namespace Etcd.Peer;

/// <summary>How a snapshot transfer ended.</summary>
public enum SnapshotReceiptOutcome
{
    /// <summary>The file is stored, and raft has the message.</summary>
    Taken,

    /// <summary>The message in front of the file cannot be read.</summary>
    Undecodable,

    /// <summary>The message is no snapshot.</summary>
    WrongType,

    /// <summary>The file did not arrive whole, or could not be stored.</summary>
    NotStored,

    /// <summary>The message may not reach raft: it is for another member, or its sender was removed.</summary>
    Refused,
}
