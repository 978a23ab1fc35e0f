namespace Etcd.Peer;

/// <summary>A member as another one lists it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="PeerUrls">Where its peers reach it.</param>
/// <param name="IsLearner">Whether it has no vote.</param>
/// <param name="Name">Its name; empty before its first start.</param>
/// <param name="ClientUrls">Where clients reach it.</param>
public sealed record PeerMemberRecord(
    ulong Id, IReadOnlyList<string> PeerUrls, bool IsLearner, string Name, IReadOnlyList<string> ClientUrls);

/// <summary>Answer to <see cref="IPeerQueries.GetMembersAsync"/>.</summary>
/// <param name="ClusterId">Id of the cluster, from the answer's head.</param>
/// <param name="Members">Its members, ascending by id.</param>
public sealed record PeerClusterAnswer(ulong ClusterId, IReadOnlyList<PeerMemberRecord> Members);

/// <summary>Answer to <see cref="IPeerQueries.GetVersionAsync"/>.</summary>
/// <param name="Server">Version of the program (<c>3.5.30</c>).</param>
/// <param name="Cluster">Version agreed in its cluster (<c>3.5.0</c>), or <c>not_decided</c>.</param>
public sealed record PeerVersionAnswer(string Server, string Cluster);

/// <summary>Answer to <see cref="IPeerQueries.GetHashKvAsync"/>.</summary>
/// <param name="Revision">Revision of the answering member's store.</param>
/// <param name="Hash">CRC of all revisions up to the one asked for.</param>
/// <param name="CompactRevision">Revision the store is compacted to, or -1.</param>
public sealed record PeerHashAnswer(long Revision, uint Hash, long CompactRevision);
