using Etcd.Protocol.Rpc;

namespace Etcd.Peer;

/// <summary>Questions members ask each other outside of raft, each to one peer URL.</summary>
public interface IPeerQueries
{
    /// <summary>The cluster as the member at that URL knows it (<c>GET /members</c>).</summary>
    /// <exception cref="PeerQueryException">There is no usable answer.</exception>
    Task<PeerClusterAnswer> GetMembersAsync(string peerUrl, CancellationToken cancellationToken);

    /// <summary>Its versions (<c>GET /version</c>).</summary>
    /// <exception cref="PeerQueryException">There is no usable answer.</exception>
    Task<PeerVersionAnswer> GetVersionAsync(string peerUrl, CancellationToken cancellationToken);

    /// <summary>Asks the leader to make a learner a voter (<c>POST /members/promote/ID</c>).</summary>
    /// <returns>The members after it.</returns>
    /// <exception cref="PeerQueryException">It refused; the text is etcd's.</exception>
    Task<IReadOnlyList<PeerMemberRecord>> PromoteAsync(
        string peerUrl, ulong memberId, string? authorization, CancellationToken cancellationToken);

    /// <summary>Asks the leader to renew a lease (<c>POST /leases</c>).</summary>
    /// <exception cref="PeerQueryException">It refused (404: no such lease) or did not answer.</exception>
    Task<LeaseKeepAliveResponse> RenewLeaseAsync(string peerUrl, LeaseKeepAliveRequest request, CancellationToken cancellationToken);

    /// <summary>Asks the leader how long a lease lives (<c>POST /leases/internal</c>).</summary>
    /// <exception cref="PeerQueryException">It refused (404: no such lease) or did not answer.</exception>
    Task<LeaseTimeToLiveResponse> GetLeaseTimeToLiveAsync(
        string peerUrl, LeaseTimeToLiveRequest request, CancellationToken cancellationToken);

    /// <summary>Its hash of the store at a revision (<c>GET /members/hashkv</c> with a body).</summary>
    /// <exception cref="PeerQueryException">It refused or did not answer.</exception>
    Task<PeerHashAnswer> GetHashKvAsync(string peerUrl, long revision, ulong clusterId, CancellationToken cancellationToken);

    /// <summary>Whether a downgrade is under way (<c>GET /downgrade/enabled</c>); a member of 3.4 answers with an error.</summary>
    /// <exception cref="PeerQueryException">There is no usable answer.</exception>
    Task<bool> GetDowngradeEnabledAsync(string peerUrl, CancellationToken cancellationToken);
}
