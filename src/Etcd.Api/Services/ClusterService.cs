using Etcd.Grpc.Server;
using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Server.Operations;

namespace Etcd.Api.Services;

/// <summary>etcdserverpb.Cluster.</summary>
internal sealed class ClusterService(EtcdServer server)
{
    private const string TokenKey = "token";

    private readonly ClusterOperations _cluster = server.Cluster;

    internal void AddTo(RpcServiceTable table)
    {
        table.AddUnary(
            ServiceNames.Cluster,
            "MemberList",
            MemberListRequest.Parser,
            (call, request) => _cluster.ListAsync(request, call.CancellationToken));
        table.AddUnary(
            ServiceNames.Cluster,
            "MemberAdd",
            MemberAddRequest.Parser,
            (call, request) => _cluster.AddAsync(request, call.CancellationToken));
        table.AddUnary(
            ServiceNames.Cluster,
            "MemberRemove",
            MemberRemoveRequest.Parser,
            (call, request) => _cluster.RemoveAsync(request, call.CancellationToken));
        table.AddUnary(
            ServiceNames.Cluster,
            "MemberUpdate",
            MemberUpdateRequest.Parser,
            (call, request) => _cluster.UpdateAsync(request, call.CancellationToken));
        table.AddUnary(
            ServiceNames.Cluster,
            "MemberPromote",
            MemberPromoteRequest.Parser,
            (call, request) => _cluster.PromoteAsync(request, call.RequestHeader(TokenKey), call.CancellationToken));
    }
}
