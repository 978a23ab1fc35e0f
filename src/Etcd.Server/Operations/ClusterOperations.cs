using Etcd.Protocol.Rpc;
using Etcd.Server.Consensus;
using Etcd.Server.Membership;

namespace Etcd.Server.Operations;

/// <summary>What clients ask about members.</summary>
public sealed class ClusterOperations
{
    private readonly ClusterMembership _membership;
    private readonly ReadGate _gate;
    private readonly HeaderSource _headers;

    internal ClusterOperations(ClusterMembership membership, ReadGate gate, HeaderSource headers)
    {
        _membership = membership;
        _gate = gate;
        _headers = headers;
    }

    /// <summary>The cluster as this member knows it.</summary>
    public ClusterView View => _membership.View;

    /// <summary>Lists the members.</summary>
    public async ValueTask<MemberListResponse> ListAsync(MemberListRequest request, CancellationToken cancellationToken)
    {
        ClusterView view = request.Linearizable
            ? await _gate.ReadAsync(() => _membership.View, cancellationToken).ConfigureAwait(false)
            : _membership.View;

        // etcd leaves the revision out here: the member list is no state of the store.
        var reply = new MemberListResponse { Header = _headers.Create(revision: 0) };
        foreach (Membership.Member member in view.Members)
        {
            reply.Members.Add(new Protocol.Rpc.Member
            {
                ID = member.Id,
                Name = member.Name,
                PeerURLs = { member.PeerUrls },
                ClientURLs = { member.ClientUrls },
                IsLearner = member.IsLearner,
            });
        }

        return reply;
    }
}
