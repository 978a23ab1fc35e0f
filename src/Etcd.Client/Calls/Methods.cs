using Etcd.Grpc;
using Etcd.Protocol.Rpc;

namespace Etcd.Client.Calls;

/// <summary>The methods of the services. Properties, so that a program which makes one call prepares one method.</summary>
internal static class Methods
{
    private const string AuthService = "etcdserverpb.Auth";
    private const string KvService = "etcdserverpb.KV";
    private const string LeaseService = "etcdserverpb.Lease";
    private const string MaintenanceService = "etcdserverpb.Maintenance";

    public static RpcMethod<RangeRequest, RangeResponse> Range =>
        field ??= new(KvService, "Range", RangeResponse.Parser);

    public static RpcMethod<RangeRequest, RangeStreamResponse> RangeStream =>
        field ??= new(KvService, "RangeStream", RangeStreamResponse.Parser);

    public static RpcMethod<PutRequest, PutResponse> Put =>
        field ??= new(KvService, "Put", PutResponse.Parser);

    public static RpcMethod<DeleteRangeRequest, DeleteRangeResponse> DeleteRange =>
        field ??= new(KvService, "DeleteRange", DeleteRangeResponse.Parser);

    public static RpcMethod<TxnRequest, TxnResponse> Txn =>
        field ??= new(KvService, "Txn", TxnResponse.Parser);

    public static RpcMethod<CompactionRequest, CompactionResponse> Compact =>
        field ??= new(KvService, "Compact", CompactionResponse.Parser);

    public static RpcMethod<WatchRequest, WatchResponse> Watch =>
        field ??= new("etcdserverpb.Watch", "Watch", WatchResponse.Parser);

    public static RpcMethod<LeaseGrantRequest, LeaseGrantResponse> LeaseGrant =>
        field ??= new(LeaseService, "LeaseGrant", LeaseGrantResponse.Parser);

    public static RpcMethod<LeaseRevokeRequest, LeaseRevokeResponse> LeaseRevoke =>
        field ??= new(LeaseService, "LeaseRevoke", LeaseRevokeResponse.Parser);

    public static RpcMethod<LeaseKeepAliveRequest, LeaseKeepAliveResponse> LeaseKeepAlive =>
        field ??= new(LeaseService, "LeaseKeepAlive", LeaseKeepAliveResponse.Parser);

    public static RpcMethod<LeaseTimeToLiveRequest, LeaseTimeToLiveResponse> LeaseTimeToLive =>
        field ??= new(LeaseService, "LeaseTimeToLive", LeaseTimeToLiveResponse.Parser);

    public static RpcMethod<LeaseLeasesRequest, LeaseLeasesResponse> LeaseLeases =>
        field ??= new(LeaseService, "LeaseLeases", LeaseLeasesResponse.Parser);

    public static RpcMethod<MemberListRequest, MemberListResponse> MemberList =>
        field ??= new("etcdserverpb.Cluster", "MemberList", MemberListResponse.Parser);

    public static RpcMethod<MemberAddRequest, MemberAddResponse> MemberAdd =>
        field ??= new("etcdserverpb.Cluster", "MemberAdd", MemberAddResponse.Parser);

    public static RpcMethod<MemberRemoveRequest, MemberRemoveResponse> MemberRemove =>
        field ??= new("etcdserverpb.Cluster", "MemberRemove", MemberRemoveResponse.Parser);

    public static RpcMethod<MemberUpdateRequest, MemberUpdateResponse> MemberUpdate =>
        field ??= new("etcdserverpb.Cluster", "MemberUpdate", MemberUpdateResponse.Parser);

    public static RpcMethod<MemberPromoteRequest, MemberPromoteResponse> MemberPromote =>
        field ??= new("etcdserverpb.Cluster", "MemberPromote", MemberPromoteResponse.Parser);

    public static RpcMethod<MoveLeaderRequest, MoveLeaderResponse> MoveLeader =>
        field ??= new(MaintenanceService, "MoveLeader", MoveLeaderResponse.Parser);

    public static RpcMethod<DefragmentRequest, DefragmentResponse> Defragment =>
        field ??= new(MaintenanceService, "Defragment", DefragmentResponse.Parser);

    public static RpcMethod<AlarmRequest, AlarmResponse> Alarm =>
        field ??= new(MaintenanceService, "Alarm", AlarmResponse.Parser);

    public static RpcMethod<StatusRequest, StatusResponse> Status =>
        field ??= new(MaintenanceService, "Status", StatusResponse.Parser);

    public static RpcMethod<HashKVRequest, HashKVResponse> HashKv =>
        field ??= new(MaintenanceService, "HashKV", HashKVResponse.Parser);

    public static RpcMethod<DowngradeRequest, DowngradeResponse> Downgrade =>
        field ??= new(MaintenanceService, "Downgrade", DowngradeResponse.Parser);

    public static RpcMethod<SnapshotRequest, SnapshotResponse> Snapshot =>
        field ??= new(MaintenanceService, "Snapshot", SnapshotResponse.Parser);

    public static RpcMethod<AuthenticateRequest, AuthenticateResponse> Authenticate =>
        field ??= new(AuthService, "Authenticate", AuthenticateResponse.Parser);

    public static RpcMethod<AuthEnableRequest, AuthEnableResponse> AuthEnable =>
        field ??= new(AuthService, "AuthEnable", AuthEnableResponse.Parser);

    public static RpcMethod<AuthDisableRequest, AuthDisableResponse> AuthDisable =>
        field ??= new(AuthService, "AuthDisable", AuthDisableResponse.Parser);

    public static RpcMethod<AuthStatusRequest, AuthStatusResponse> AuthStatus =>
        field ??= new(AuthService, "AuthStatus", AuthStatusResponse.Parser);

    public static RpcMethod<AuthUserAddRequest, AuthUserAddResponse> UserAdd =>
        field ??= new(AuthService, "UserAdd", AuthUserAddResponse.Parser);

    public static RpcMethod<AuthUserGetRequest, AuthUserGetResponse> UserGet =>
        field ??= new(AuthService, "UserGet", AuthUserGetResponse.Parser);

    public static RpcMethod<AuthUserListRequest, AuthUserListResponse> UserList =>
        field ??= new(AuthService, "UserList", AuthUserListResponse.Parser);

    public static RpcMethod<AuthUserDeleteRequest, AuthUserDeleteResponse> UserDelete =>
        field ??= new(AuthService, "UserDelete", AuthUserDeleteResponse.Parser);

    public static RpcMethod<AuthUserChangePasswordRequest, AuthUserChangePasswordResponse> UserChangePassword =>
        field ??= new(AuthService, "UserChangePassword", AuthUserChangePasswordResponse.Parser);

    public static RpcMethod<AuthUserGrantRoleRequest, AuthUserGrantRoleResponse> UserGrantRole =>
        field ??= new(AuthService, "UserGrantRole", AuthUserGrantRoleResponse.Parser);

    public static RpcMethod<AuthUserRevokeRoleRequest, AuthUserRevokeRoleResponse> UserRevokeRole =>
        field ??= new(AuthService, "UserRevokeRole", AuthUserRevokeRoleResponse.Parser);

    public static RpcMethod<AuthRoleAddRequest, AuthRoleAddResponse> RoleAdd =>
        field ??= new(AuthService, "RoleAdd", AuthRoleAddResponse.Parser);

    public static RpcMethod<AuthRoleGetRequest, AuthRoleGetResponse> RoleGet =>
        field ??= new(AuthService, "RoleGet", AuthRoleGetResponse.Parser);

    public static RpcMethod<AuthRoleListRequest, AuthRoleListResponse> RoleList =>
        field ??= new(AuthService, "RoleList", AuthRoleListResponse.Parser);

    public static RpcMethod<AuthRoleDeleteRequest, AuthRoleDeleteResponse> RoleDelete =>
        field ??= new(AuthService, "RoleDelete", AuthRoleDeleteResponse.Parser);

    public static RpcMethod<AuthRoleGrantPermissionRequest, AuthRoleGrantPermissionResponse> RoleGrantPermission =>
        field ??= new(AuthService, "RoleGrantPermission", AuthRoleGrantPermissionResponse.Parser);

    public static RpcMethod<AuthRoleRevokePermissionRequest, AuthRoleRevokePermissionResponse> RoleRevokePermission =>
        field ??= new(AuthService, "RoleRevokePermission", AuthRoleRevokePermissionResponse.Parser);
}
