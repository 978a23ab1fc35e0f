using Etcd.Client.Calls;
using Etcd.Grpc;
using Etcd.Protocol.Auth;
using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>Manages users, roles and permissions, and turns authentication on and off.</summary>
/// <remarks>To sign in as a user, set <see cref="EtcdClientOptions.User"/>: the client then gets its token, and gets it anew when it has ended or
/// the rules have changed.</remarks>
public sealed class AuthClient
{
    private readonly CallInvoker _calls;

    internal AuthClient(CallInvoker calls) => _calls = calls;

    /// <summary>Turns authentication on. There must be a user <c>root</c> with role <c>root</c>.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<AuthEnableResponse> EnableAsync(CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(Methods.AuthEnable, new AuthEnableRequest(), CallKind.Write, cancellationToken);

    /// <summary>Turns authentication off.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<AuthDisableResponse> DisableAsync(CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(Methods.AuthDisable, new AuthDisableRequest(), CallKind.Write, cancellationToken);

    /// <summary>Tells whether authentication is on, and the revision of users and roles.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<AuthStatusResponse> StatusAsync(CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(Methods.AuthStatus, new AuthStatusRequest(), CallKind.Repeatable, cancellationToken);

    /// <summary>Adds a user.</summary>
    /// <param name="name">Name, not empty.</param>
    /// <param name="password">Password of 1 to 72 bytes; <see langword="null"/> for a user who signs in by certificate only.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<AuthUserAddResponse> AddUserAsync(string name, string? password, CancellationToken cancellationToken = default)
    {
        AuthUserAddRequest request = new()
        {
            Name = name,
            Password = password ?? "",
            Options = new UserAddOptions { NoPassword = password is null },
        };
        return _calls.UnaryAsync(Methods.UserAdd, request, CallKind.Write, cancellationToken);
    }

    /// <summary>Deletes a user.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<AuthUserDeleteResponse> DeleteUserAsync(string name, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(Methods.UserDelete, new AuthUserDeleteRequest { Name = name }, CallKind.Write, cancellationToken);

    /// <summary>Gives a user a new password.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<AuthUserChangePasswordResponse> ChangePasswordAsync(
        string name, string password, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(
            Methods.UserChangePassword,
            new AuthUserChangePasswordRequest { Name = name, Password = password },
            CallKind.Write,
            cancellationToken);

    /// <summary>Names the roles of a user.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<AuthUserGetResponse> UserAsync(string name, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(Methods.UserGet, new AuthUserGetRequest { Name = name }, CallKind.Repeatable, cancellationToken);

    /// <summary>Names all users.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<AuthUserListResponse> UsersAsync(CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(Methods.UserList, new AuthUserListRequest(), CallKind.Repeatable, cancellationToken);

    /// <summary>Gives a user a role.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<AuthUserGrantRoleResponse> GrantRoleAsync(string user, string role, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(
            Methods.UserGrantRole, new AuthUserGrantRoleRequest { User = user, Role = role }, CallKind.Write, cancellationToken);

    /// <summary>Takes a role from a user.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<AuthUserRevokeRoleResponse> RevokeRoleAsync(string user, string role, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(
            Methods.UserRevokeRole, new AuthUserRevokeRoleRequest { Name = user, Role = role }, CallKind.Write, cancellationToken);

    /// <summary>Adds a role that permits nothing yet.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<AuthRoleAddResponse> AddRoleAsync(string name, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(Methods.RoleAdd, new AuthRoleAddRequest { Name = name }, CallKind.Write, cancellationToken);

    /// <summary>Deletes a role and takes it from all users.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<AuthRoleDeleteResponse> DeleteRoleAsync(string name, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(Methods.RoleDelete, new AuthRoleDeleteRequest { Role = name }, CallKind.Write, cancellationToken);

    /// <summary>Tells what a role permits.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<AuthRoleGetResponse> RoleAsync(string name, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(Methods.RoleGet, new AuthRoleGetRequest { Role = name }, CallKind.Repeatable, cancellationToken);

    /// <summary>Names all roles.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<AuthRoleListResponse> RolesAsync(CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(Methods.RoleList, new AuthRoleListRequest(), CallKind.Repeatable, cancellationToken);

    /// <summary>Permits a role something; a permission for the same range is replaced.</summary>
    /// <param name="role">The role.</param>
    /// <param name="permission">Kind and range; its end is empty for one key, one zero byte for all keys from there on.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<AuthRoleGrantPermissionResponse> GrantPermissionAsync(
        string role, Permission permission, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(
            Methods.RoleGrantPermission,
            new AuthRoleGrantPermissionRequest { Name = role, Perm = permission },
            CallKind.Write,
            cancellationToken);

    /// <summary>Takes a permission from a role.</summary>
    /// <param name="role">The role.</param>
    /// <param name="key">First key of the permission.</param>
    /// <param name="rangeEnd">End of the permission, exactly as it was granted.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<AuthRoleRevokePermissionResponse> RevokePermissionAsync(
        string role, EtcdBytes key, EtcdBytes rangeEnd = default, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(
            Methods.RoleRevokePermission,
            new AuthRoleRevokePermissionRequest { Role = role, Key = key.ByteString, RangeEnd = rangeEnd.ByteString },
            CallKind.Write,
            cancellationToken);
}
