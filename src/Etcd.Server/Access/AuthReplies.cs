using Etcd.Auth;
using Etcd.Protocol.Auth;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;

namespace Etcd.Server.Access;

/// <summary>Answers to questions about users and roles.</summary>
internal static class AuthReplies
{
    internal static AuthStatusResponse Status(AuthView view, ResponseHeader header) =>
        new() { Header = header, Enabled = view.IsEnabled, AuthRevision = view.Revision };

    internal static AuthUserGetResponse User(AuthView view, string name, ResponseHeader header) =>
        view.Users.TryGetValue(name, out AuthUser? user)
            ? new AuthUserGetResponse { Header = header, Roles = { user.Roles } }
            : throw new EtcdException(EtcdErrorCode.UserNotFound);

    internal static AuthUserListResponse Users(AuthView view, ResponseHeader header) =>
        new() { Header = header, Users = { view.Users.Keys } };

    internal static AuthRoleGetResponse Role(AuthView view, string name, ResponseHeader header)
    {
        if (!view.Roles.TryGetValue(name, out AuthRole? role))
        {
            throw new EtcdException(EtcdErrorCode.RoleNotFound);
        }

        var reply = new AuthRoleGetResponse { Header = header };
        foreach (KeyPermission permission in role.Permissions)
        {
            reply.Perm.Add(new Permission { PermType = permission.Kind, Key = permission.Key, RangeEnd = permission.RangeEnd });
        }

        return reply;
    }

    internal static AuthRoleListResponse Roles(AuthView view, ResponseHeader header) =>
        new() { Header = header, Roles = { view.Roles.Keys } };
}
