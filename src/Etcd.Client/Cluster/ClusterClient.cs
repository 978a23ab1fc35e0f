using Etcd.Client.Calls;
using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>Reads and changes the membership of the cluster.</summary>
public sealed class ClusterClient
{
    private readonly CallInvoker _calls;

    internal ClusterClient(CallInvoker calls) => _calls = calls;

    /// <summary>Lists the members.</summary>
    /// <param name="linearizable">Have the cluster agree on the answer; otherwise the asked member tells what it knows.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="Grpc.RpcException">The call failed.</exception>
    public Task<MemberListResponse> MembersAsync(bool linearizable = true, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(
            Methods.MemberList, new MemberListRequest { Linearizable = linearizable }, CallKind.Repeatable, cancellationToken);

    /// <summary>Adds a member, which is then to be started. Add one at a time: the cluster counts it at once.</summary>
    /// <param name="peerUrls">Where the other members will reach it.</param>
    /// <param name="isLearner">Let it receive all data before it votes.</param>
    /// <param name="cancellationToken">Gives the call up; the member may be added all the same.</param>
    /// <exception cref="Grpc.RpcException">The call failed.</exception>
    public Task<MemberAddResponse> AddMemberAsync(
        IEnumerable<string> peerUrls, bool isLearner = false, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(
            Methods.MemberAdd, new MemberAddRequest { PeerURLs = { peerUrls }, IsLearner = isLearner }, CallKind.Write, cancellationToken);

    /// <summary>Removes a member for good: its id never comes back.</summary>
    /// <exception cref="Grpc.RpcException">The call failed.</exception>
    public Task<MemberRemoveResponse> RemoveMemberAsync(ulong memberId, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(Methods.MemberRemove, new MemberRemoveRequest { ID = memberId }, CallKind.Write, cancellationToken);

    /// <summary>Changes where the other members reach a member.</summary>
    /// <exception cref="Grpc.RpcException">The call failed.</exception>
    public Task<MemberUpdateResponse> UpdateMemberAsync(
        ulong memberId, IEnumerable<string> peerUrls, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(
            Methods.MemberUpdate, new MemberUpdateRequest { ID = memberId, PeerURLs = { peerUrls } }, CallKind.Write, cancellationToken);

    /// <summary>Makes a learner a voter, once it has nearly all data.</summary>
    /// <exception cref="Grpc.RpcException">The call failed.</exception>
    public Task<MemberPromoteResponse> PromoteMemberAsync(ulong memberId, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(Methods.MemberPromote, new MemberPromoteRequest { ID = memberId }, CallKind.Write, cancellationToken);
}
