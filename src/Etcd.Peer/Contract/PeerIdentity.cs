namespace Etcd.Peer;

/// <summary>Who a member is to its peers; stands in the head of every request between members.</summary>
/// <param name="MemberId">Id of the member.</param>
/// <param name="ClusterId">Id of its cluster; members of another are refused.</param>
/// <param name="PeerUrls">Where it can be reached.</param>
public sealed record PeerIdentity(ulong MemberId, ulong ClusterId, IReadOnlyList<string> PeerUrls);
