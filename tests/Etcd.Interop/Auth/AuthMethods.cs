using Etcd.Grpc;
using Etcd.Protocol.Rpc;

namespace Etcd.Interop.Auth;

/// <summary>The gRPC methods about users and roles, for tests that talk to one member and carry tokens by hand.</summary>
internal static class AuthMethods
{
    private const string Service = "etcdserverpb.Auth";

    public static readonly RpcMethod<AuthEnableRequest, AuthEnableResponse> Enable = new(Service, "AuthEnable", AuthEnableResponse.Parser);
    public static readonly RpcMethod<AuthStatusRequest, AuthStatusResponse> Status = new(Service, "AuthStatus", AuthStatusResponse.Parser);
    public static readonly RpcMethod<AuthenticateRequest, AuthenticateResponse> Authenticate = new(Service, "Authenticate", AuthenticateResponse.Parser);
    public static readonly RpcMethod<AuthUserAddRequest, AuthUserAddResponse> UserAdd = new(Service, "UserAdd", AuthUserAddResponse.Parser);
    public static readonly RpcMethod<AuthUserChangePasswordRequest, AuthUserChangePasswordResponse> UserChangePassword =
        new(Service, "UserChangePassword", AuthUserChangePasswordResponse.Parser);
    public static readonly RpcMethod<AuthUserGrantRoleRequest, AuthUserGrantRoleResponse> UserGrantRole =
        new(Service, "UserGrantRole", AuthUserGrantRoleResponse.Parser);
    public static readonly RpcMethod<AuthRoleAddRequest, AuthRoleAddResponse> RoleAdd = new(Service, "RoleAdd", AuthRoleAddResponse.Parser);
    public static readonly RpcMethod<AuthRoleGetRequest, AuthRoleGetResponse> RoleGet = new(Service, "RoleGet", AuthRoleGetResponse.Parser);
    public static readonly RpcMethod<AuthRoleGrantPermissionRequest, AuthRoleGrantPermissionResponse> RoleGrantPermission =
        new(Service, "RoleGrantPermission", AuthRoleGrantPermissionResponse.Parser);
}
