using Etcd.Client.Calls;
using Etcd.Grpc;
using Etcd.Protocol.Elections;
using Etcd.Protocol.Locks;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;
using Etcd.Proxy.Upstreams;

namespace Etcd.Proxy;

/// <summary>The services that the cluster answers call by call: Maintenance, Auth, Lock and Election.</summary>
internal static class PlainRelays
{
    private const string LockService = "v3lockpb.Lock";
    private const string ElectionService = "v3electionpb.Election";

    internal static void AddTo(Relay relay, NamespacedMessages names)
    {
        AddMaintenance(relay);
        AddAuth(relay);
        AddLock(relay, names);
        AddElection(relay, names);
    }

    private static void AddMaintenance(Relay relay)
    {
        relay.Unary(Methods.Alarm, AlarmRequest.Parser);
        relay.Unary(Methods.Status, StatusRequest.Parser, isRepeatable: true);
        relay.Unary(Methods.Defragment, DefragmentRequest.Parser);
        relay.Unary(new RpcMethod<HashRequest, HashResponse>(Methods.HashKv.Service, "Hash", HashResponse.Parser), HashRequest.Parser, isRepeatable: true);
        relay.Unary(Methods.HashKv, HashKVRequest.Parser, isRepeatable: true);
        relay.Unary(Methods.MoveLeader, MoveLeaderRequest.Parser);
        relay.Unary(Methods.Downgrade, DowngradeRequest.Parser);
        relay.ServerStream(Methods.Snapshot, SnapshotRequest.Parser);
    }

    private static void AddAuth(Relay relay)
    {
        relay.Unary(Methods.AuthEnable, AuthEnableRequest.Parser);
        relay.Unary(Methods.AuthDisable, AuthDisableRequest.Parser);
        relay.Unary(Methods.AuthStatus, AuthStatusRequest.Parser, isRepeatable: true);
        relay.Unary(Methods.Authenticate, AuthenticateRequest.Parser);
        relay.Unary(Methods.UserAdd, AuthUserAddRequest.Parser);
        relay.Unary(Methods.UserGet, AuthUserGetRequest.Parser, isRepeatable: true);
        relay.Unary(Methods.UserList, AuthUserListRequest.Parser, isRepeatable: true);
        relay.Unary(Methods.UserDelete, AuthUserDeleteRequest.Parser);
        relay.Unary(Methods.UserChangePassword, AuthUserChangePasswordRequest.Parser);
        relay.Unary(Methods.UserGrantRole, AuthUserGrantRoleRequest.Parser);
        relay.Unary(Methods.UserRevokeRole, AuthUserRevokeRoleRequest.Parser);
        relay.Unary(Methods.RoleAdd, AuthRoleAddRequest.Parser);
        relay.Unary(Methods.RoleGet, AuthRoleGetRequest.Parser, isRepeatable: true);
        relay.Unary(Methods.RoleList, AuthRoleListRequest.Parser, isRepeatable: true);
        relay.Unary(Methods.RoleDelete, AuthRoleDeleteRequest.Parser);
        relay.Unary(Methods.RoleGrantPermission, AuthRoleGrantPermissionRequest.Parser);
        relay.Unary(Methods.RoleRevokePermission, AuthRoleRevokePermissionRequest.Parser);
    }

    private static void AddLock(Relay relay, NamespacedMessages names)
    {
        relay.Unary(
            new RpcMethod<LockRequest, LockResponse>(LockService, "Lock", LockResponse.Parser),
            LockRequest.Parser,
            outward: names.Outward,
            inward: names.Inward);
        relay.Unary(
            new RpcMethod<UnlockRequest, UnlockResponse>(LockService, "Unlock", UnlockResponse.Parser), UnlockRequest.Parser, outward: names.Outward);
    }

    private static void AddElection(Relay relay, NamespacedMessages names)
    {
        relay.Unary(
            new RpcMethod<CampaignRequest, CampaignResponse>(ElectionService, "Campaign", CampaignResponse.Parser),
            CampaignRequest.Parser,
            outward: names.Outward,
            inward: names.Inward);
        relay.Unary(
            new RpcMethod<ProclaimRequest, ProclaimResponse>(ElectionService, "Proclaim", ProclaimResponse.Parser),
            ProclaimRequest.Parser,
            outward: names.Outward);
        relay.Unary(
            new RpcMethod<LeaderRequest, LeaderResponse>(ElectionService, "Leader", LeaderResponse.Parser),
            LeaderRequest.Parser,
            isRepeatable: true,
            outward: names.Outward,
            inward: names.Inward);
        relay.Unary(
            new RpcMethod<ResignRequest, ResignResponse>(ElectionService, "Resign", ResignResponse.Parser), ResignRequest.Parser, outward: names.Outward);
        relay.ServerStream(
            new RpcMethod<LeaderRequest, LeaderResponse>(ElectionService, "Observe", LeaderResponse.Parser),
            LeaderRequest.Parser,
            outward: names.Outward,
            inward: names.Inward);
    }
}
