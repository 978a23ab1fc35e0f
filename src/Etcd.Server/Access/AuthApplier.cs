using Etcd.Auth;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Server.Access;

/// <summary>Applies what the log says about users and roles, and holds every other entry against their rules. Apply thread.</summary>
internal sealed class AuthApplier(AuthStore store, RequestRules rules, AuthLog log)
{
    /// <summary>Checks that the user in the entry's header may do what the entry asks.</summary>
    /// <exception cref="Protocol.Errors.EtcdException">The user may not, or not any more.</exception>
    internal void Check(InternalRaftRequest request)
    {
        AuthView view = store.View;
        if (view.IsEnabled)
        {
            rules.CheckAtApply(view, new Caller(request.Header?.Username, request.Header?.AuthRevision ?? 0), request);
        }
    }

    /// <summary>Applies a request about users or roles.</summary>
    /// <param name="request">The request.</param>
    /// <param name="raftIndex">Index of its entry.</param>
    /// <param name="storeRevision">Revision for the reply.</param>
    /// <returns><see langword="null"/> when it is about something else.</returns>
    internal IMessage? Apply(InternalRaftRequest request, ulong raftIndex, long storeRevision)
    {
        var header = new ResponseHeader { Revision = storeRevision };
        return ApplyLogin(request, raftIndex, header) ?? ApplyToUsers(request, header) ?? ApplyToRoles(request, header);
    }

    private IMessage? ApplyLogin(InternalRaftRequest request, ulong raftIndex, ResponseHeader header)
    {
        if (request.Authenticate is { } login)
        {
            return new AuthenticateResponse { Header = header, Token = store.Authenticate(login.Name, login.SimpleToken, raftIndex) };
        }

        if (request.AuthEnable is not null)
        {
            store.Enable();
            log.Enabled();
            return new AuthEnableResponse { Header = header };
        }

        if (request.AuthDisable is not null)
        {
            store.Disable();
            log.Disabled();
            return new AuthDisableResponse { Header = header };
        }

        return request.AuthStatus is not null ? AuthReplies.Status(store.View, header) : null;
    }

    private IMessage? ApplyToUsers(InternalRaftRequest request, ResponseHeader header)
    {
        if (request.AuthUserAdd is { } addition)
        {
            store.AddUser(addition);
            log.UserAdded(addition.Name);
            return new AuthUserAddResponse { Header = header };
        }

        if (request.AuthUserDelete is { } deletion)
        {
            store.DeleteUser(deletion.Name);
            log.UserDeleted(deletion.Name);
            return new AuthUserDeleteResponse { Header = header };
        }

        if (request.AuthUserChangePassword is { } change)
        {
            store.ChangePassword(change);
            log.PasswordChanged(change.Name);
            return new AuthUserChangePasswordResponse { Header = header };
        }

        if (request.AuthUserGrantRole is { } grant)
        {
            store.GrantRole(grant.User, grant.Role);
            log.RoleGranted(grant.User, grant.Role);
            return new AuthUserGrantRoleResponse { Header = header };
        }

        if (request.AuthUserRevokeRole is { } revocation)
        {
            store.RevokeRole(revocation.Name, revocation.Role);
            log.RoleRevoked(revocation.Name, revocation.Role);
            return new AuthUserRevokeRoleResponse { Header = header };
        }

        return request.AuthUserGet is { } user ? AuthReplies.User(store.View, user.Name, header)
            : request.AuthUserList is not null ? AuthReplies.Users(store.View, header)
            : null;
    }

    private IMessage? ApplyToRoles(InternalRaftRequest request, ResponseHeader header)
    {
        if (request.AuthRoleAdd is { } addition)
        {
            store.AddRole(addition.Name);
            log.RoleAdded(addition.Name);
            return new AuthRoleAddResponse { Header = header };
        }

        if (request.AuthRoleDelete is { } deletion)
        {
            store.DeleteRole(deletion.Role);
            log.RoleDeleted(deletion.Role);
            return new AuthRoleDeleteResponse { Header = header };
        }

        if (request.AuthRoleGrantPermission is { } grant)
        {
            store.GrantPermission(grant);
            log.PermissionGranted(grant.Name, grant.Perm.PermType.ToString().ToUpperInvariant());
            return new AuthRoleGrantPermissionResponse { Header = header };
        }

        if (request.AuthRoleRevokePermission is { } revocation)
        {
            store.RevokePermission(revocation);
            log.PermissionRevoked(revocation.Role, revocation.Key.ToStringUtf8(), revocation.RangeEnd.ToStringUtf8());
            return new AuthRoleRevokePermissionResponse { Header = header };
        }

        return request.AuthRoleGet is { } role ? AuthReplies.Role(store.View, role.Role, header)
            : request.AuthRoleList is not null ? AuthReplies.Roles(store.View, header)
            : null;
    }
}
