using Etcd.Grpc.Server;
using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Server.Operations;

namespace Etcd.Api.Services;

/// <summary>etcdserverpb.Cluster.</summary>
internal sealed class ClusterService(EtcdServer server, CallAccess access)
{
    private readonly ClusterOperations _cluster = server.Cluster;

    internal void AddTo(RpcServiceTable table) =>
        table.AddUnary(
            ServiceNames.Cluster,
            "MemberList",
            MemberListRequest.Parser,
            access.ForUsers<MemberListRequest, MemberListResponse>((call, request) => _cluster.ListAsync(request, call.CancellationToken)));
}
