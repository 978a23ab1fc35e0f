using Etcd.Grpc.Server;
using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Server.Operations;

namespace Etcd.Api.Services;

/// <summary>etcdserverpb.Cluster.</summary>
internal sealed class ClusterService(EtcdServer server, CallAccess access)
{
    private const string TokenKey = "token";

    private readonly ClusterOperations _cluster = server.Cluster;

    internal void AddTo(RpcServiceTable table)
    {
        table.AddUnary(
            ServiceNames.Cluster,
            "MemberList",
            MemberListRequest.Parser,
            access.ForUsers<MemberListRequest, MemberListResponse>(
                (call, request) => _cluster.ListAsync(request, call.CancellationToken)));
        table.AddUnary(
            ServiceNames.Cluster,
            "MemberAdd",
            MemberAddRequest.Parser,
            access.ForRoot<MemberAddRequest, MemberAddResponse>(
                (call, request) => _cluster.AddAsync(request, call.CancellationToken)));
        table.AddUnary(
            ServiceNames.Cluster,
            "MemberRemove",
            MemberRemoveRequest.Parser,
            access.ForRoot<MemberRemoveRequest, MemberRemoveResponse>(
                (call, request) => _cluster.RemoveAsync(request, call.CancellationToken)));
        table.AddUnary(
            ServiceNames.Cluster,
            "MemberUpdate",
            MemberUpdateRequest.Parser,
            access.ForRoot<MemberUpdateRequest, MemberUpdateResponse>(
                (call, request) => _cluster.UpdateAsync(request, call.CancellationToken)));
        table.AddUnary(
            ServiceNames.Cluster,
            "MemberPromote",
            MemberPromoteRequest.Parser,
            access.ForRoot<MemberPromoteRequest, MemberPromoteResponse>(
                (call, request) => _cluster.PromoteAsync(request, call.RequestHeader(TokenKey) ?? call.RequestHeader("authorization"), call.CancellationToken)));
    }
}
