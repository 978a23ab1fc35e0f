namespace Etcd.Peer;

/// <summary>Texts with which members refuse each other. The other side compares them, so they are the protocol's, to the letter.</summary>
public static class PeerRefusals
{
    /// <summary>The versions cannot work together.</summary>
    public const string IncompatibleVersion = "incompatible version";

    /// <summary>The request is from another cluster.</summary>
    public const string ClusterIdMismatch = "cluster ID mismatch";

    /// <summary>A stream was asked of another member than the one reached.</summary>
    public const string ToMismatch = "to field mismatch";

    /// <summary>The sender was removed from the cluster for good.</summary>
    public const string Removed = "removed member";

    /// <summary>The sender is not known yet; it may ask again.</summary>
    public const string SenderNotFound = "error sender not found";
}
