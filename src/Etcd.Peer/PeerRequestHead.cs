namespace Etcd.Peer;

/// <summary>What the head of a <c>/raft</c> request says about its sender, as it stands on the wire.</summary>
/// <param name="From">Sender's id.</param>
/// <param name="Version">Its version.</param>
/// <param name="ClusterVersionMin">Oldest version it works with.</param>
/// <param name="ClusterId">Its cluster.</param>
/// <param name="PeerUrls">Where it is reached, separated by commas.</param>
public readonly record struct PeerRequestHead(string? From, string? Version, string? ClusterVersionMin, string? ClusterId, string? PeerUrls);
