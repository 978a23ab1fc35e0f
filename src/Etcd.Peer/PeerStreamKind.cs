namespace Etcd.Peer;

/// <summary>The two streams from one member to another.</summary>
public enum PeerStreamKind
{
    /// <summary>Everything but appends and snapshots (<c>/raft/stream/message</c>).</summary>
    Message,

    /// <summary>Appends alone (<c>/raft/stream/msgapp</c>).</summary>
    Append,
}
