namespace Etcd.Peer;

/// <summary>How the serving of a stream ended.</summary>
public enum PeerStreamEnd
{
    /// <summary>In order: the member stops, or the peer has opened another one. What was written may still go out.</summary>
    Closed,

    /// <summary>The connection failed or stood still: it is to be cut.</summary>
    Broken,
}
