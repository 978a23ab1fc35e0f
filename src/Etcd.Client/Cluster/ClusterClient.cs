using Etcd.Client.Calls;
using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>Reads the membership of the cluster.</summary>
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
}
