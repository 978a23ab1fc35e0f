using System.Collections.Frozen;

using Etcd.Api.Gateway.Json;
using Etcd.Grpc.Server.Local;
using Etcd.Protocol.Elections;
using Etcd.Protocol.Locks;
using Etcd.Protocol.Rpc;

using Google.Protobuf.Reflection;

namespace Etcd.Api.Gateway;

/// <summary>The paths of the gateway: one row for each, with the gRPC method behind it.</summary>
internal static class GatewayRoutes
{
    private const string KeyValue = "etcdserverpb.KV/";
    private const string Watch = "etcdserverpb.Watch/";
    private const string Lease = "etcdserverpb.Lease/";
    private const string Cluster = "etcdserverpb.Cluster/";
    private const string Maintenance = "etcdserverpb.Maintenance/";
    private const string Auth = "etcdserverpb.Auth/";
    private const string Election = "v3electionpb.Election/";
    private const string Lock = "v3lockpb.Lock/";

    private static readonly (string Path, string Method)[] Rows =
    [
        ("/v3/kv/range", KeyValue + "Range"),
        ("/v3/kv/put", KeyValue + "Put"),
        ("/v3/kv/deleterange", KeyValue + "DeleteRange"),
        ("/v3/kv/txn", KeyValue + "Txn"),
        ("/v3/kv/compaction", KeyValue + "Compact"),
        ("/v3/watch", Watch + "Watch"),
        ("/v3/lease/grant", Lease + "LeaseGrant"),
        ("/v3/lease/revoke", Lease + "LeaseRevoke"),
        ("/v3/lease/keepalive", Lease + "LeaseKeepAlive"),
        ("/v3/lease/timetolive", Lease + "LeaseTimeToLive"),
        ("/v3/lease/leases", Lease + "LeaseLeases"),

        // Where releases before 3.3 had them.
        ("/v3/kv/lease/revoke", Lease + "LeaseRevoke"),
        ("/v3/kv/lease/timetolive", Lease + "LeaseTimeToLive"),
        ("/v3/kv/lease/leases", Lease + "LeaseLeases"),
        ("/v3/cluster/member/add", Cluster + "MemberAdd"),
        ("/v3/cluster/member/remove", Cluster + "MemberRemove"),
        ("/v3/cluster/member/update", Cluster + "MemberUpdate"),
        ("/v3/cluster/member/list", Cluster + "MemberList"),
        ("/v3/cluster/member/promote", Cluster + "MemberPromote"),
        ("/v3/maintenance/alarm", Maintenance + "Alarm"),
        ("/v3/maintenance/status", Maintenance + "Status"),
        ("/v3/maintenance/defragment", Maintenance + "Defragment"),
        ("/v3/maintenance/hash", Maintenance + "Hash"),
        ("/v3/maintenance/hashkv", Maintenance + "HashKV"),
        ("/v3/maintenance/snapshot", Maintenance + "Snapshot"),
        ("/v3/maintenance/transfer-leadership", Maintenance + "MoveLeader"),
        ("/v3/maintenance/downgrade", Maintenance + "Downgrade"),
        ("/v3/auth/enable", Auth + "AuthEnable"),
        ("/v3/auth/disable", Auth + "AuthDisable"),
        ("/v3/auth/status", Auth + "AuthStatus"),
        ("/v3/auth/authenticate", Auth + "Authenticate"),
        ("/v3/auth/user/add", Auth + "UserAdd"),
        ("/v3/auth/user/get", Auth + "UserGet"),
        ("/v3/auth/user/list", Auth + "UserList"),
        ("/v3/auth/user/delete", Auth + "UserDelete"),
        ("/v3/auth/user/changepw", Auth + "UserChangePassword"),
        ("/v3/auth/user/grant", Auth + "UserGrantRole"),
        ("/v3/auth/user/revoke", Auth + "UserRevokeRole"),
        ("/v3/auth/role/add", Auth + "RoleAdd"),
        ("/v3/auth/role/get", Auth + "RoleGet"),
        ("/v3/auth/role/list", Auth + "RoleList"),
        ("/v3/auth/role/delete", Auth + "RoleDelete"),
        ("/v3/auth/role/grant", Auth + "RoleGrantPermission"),
        ("/v3/auth/role/revoke", Auth + "RoleRevokePermission"),
        ("/v3/election/campaign", Election + "Campaign"),
        ("/v3/election/proclaim", Election + "Proclaim"),
        ("/v3/election/leader", Election + "Leader"),
        ("/v3/election/observe", Election + "Observe"),
        ("/v3/election/resign", Election + "Resign"),
        ("/v3/lock/lock", Lock + "Lock"),
        ("/v3/lock/unlock", Lock + "Unlock"),
    ];

    private static readonly FileDescriptor[] Files = [RpcReflection.Descriptor, LockReflection.Descriptor, ElectionReflection.Descriptor];

    /// <summary>All paths.</summary>
    internal static IEnumerable<string> Paths => Rows.Select(row => row.Path);

    /// <summary>Finds the methods of all paths.</summary>
    internal static FrozenDictionary<string, GatewayRoute> Resolve(LocalCalls calls)
    {
        Dictionary<string, MethodDescriptor> methods = Files
            .SelectMany(file => file.Services)
            .SelectMany(service => service.Methods)
            .ToDictionary(method => $"{method.Service.FullName}/{method.Name}", StringComparer.Ordinal);
        return Rows.ToFrozenDictionary(row => row.Path, row => Route(calls, "/" + row.Method, methods[row.Method]), StringComparer.Ordinal);
    }

    private static GatewayRoute Route(LocalCalls calls, string rpcPath, MethodDescriptor method) =>
        new(rpcPath, calls.Find(rpcPath), MessageShape.Of(method.InputType), MessageShape.Of(method.OutputType));
}
