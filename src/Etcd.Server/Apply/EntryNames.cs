using Etcd.Auth;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Server.Apply;

/// <summary>
/// Names of users and roles in what is replicated. The schema calls them text; members of real etcd replicate whatever bytes a client sent, and
/// apply them as such. A decoder here would make one name of different ones, and this member would decide otherwise than they.
/// </summary>
internal static class EntryNames
{
    private delegate string NameVisitor(string name, ReadOnlyMemory<byte> encoded, int message, int field);

    /// <summary>Puts the names into a decoded request that its bytes say, see <see cref="AuthName"/>.</summary>
    /// <returns>The request itself.</returns>
    internal static InternalRaftRequest Restored(InternalRaftRequest request, ReadOnlyMemory<byte> encoded)
    {
        Visit(request, encoded, Exact);
        return request;
    }

    /// <summary>Refuses a request with a name that its encoded form would not say: other members would see another name than this one.</summary>
    /// <exception cref="Protocol.Errors.EtcdException">It has one.</exception>
    internal static void CheckText(InternalRaftRequest request) => Visit(request, default, Text);

    private static string Text(string name, ReadOnlyMemory<byte> encoded, int message, int field)
    {
        AuthName.CheckText(name);
        return name;
    }

    private static string Exact(string name, ReadOnlyMemory<byte> encoded, int message, int field)
    {
        if (!AuthName.MayHaveLostBytes(name))
        {
            return name;
        }

        // As decoders do: of a field that comes more than once, the last counts.
        ByteString last = ByteString.Empty;
        foreach (ByteString part in Fields(ByteString.CopyFrom(encoded.Span), message))
        {
            foreach (ByteString value in Fields(part, field))
            {
                last = value;
            }
        }

        return AuthName.FromBytes(last.Span);
    }

    private static List<ByteString> Fields(ByteString message, int number)
    {
        var found = new List<ByteString>();
        CodedInputStream input = message.CreateCodedInput();
        while (input.ReadTag() is var tag and not 0)
        {
            if (tag == WireFormat.MakeTag(number, WireFormat.WireType.LengthDelimited))
            {
                found.Add(input.ReadBytes());
            }
            else
            {
                input.SkipLastField();
            }
        }

        return found;
    }

    private static void Visit(InternalRaftRequest request, ReadOnlyMemory<byte> encoded, NameVisitor visit)
    {
        if (request.Header is { } header)
        {
            header.Username = visit(header.Username, encoded, InternalRaftRequest.HeaderFieldNumber, RequestHeader.UsernameFieldNumber);
        }

        if (request.Authenticate is { } login)
        {
            login.Name = visit(login.Name, encoded, InternalRaftRequest.AuthenticateFieldNumber, InternalAuthenticateRequest.NameFieldNumber);
        }

        VisitUsers(request, encoded, visit);
        VisitRoles(request, encoded, visit);
    }

    private static void VisitUsers(InternalRaftRequest request, ReadOnlyMemory<byte> encoded, NameVisitor visit)
    {
        if (request.AuthUserAdd is { } addition)
        {
            addition.Name = visit(addition.Name, encoded, InternalRaftRequest.AuthUserAddFieldNumber, AuthUserAddRequest.NameFieldNumber);
        }

        if (request.AuthUserDelete is { } deletion)
        {
            deletion.Name = visit(deletion.Name, encoded, InternalRaftRequest.AuthUserDeleteFieldNumber, AuthUserDeleteRequest.NameFieldNumber);
        }

        if (request.AuthUserGet is { } user)
        {
            user.Name = visit(user.Name, encoded, InternalRaftRequest.AuthUserGetFieldNumber, AuthUserGetRequest.NameFieldNumber);
        }

        if (request.AuthUserChangePassword is { } change)
        {
            change.Name = visit(change.Name, encoded, InternalRaftRequest.AuthUserChangePasswordFieldNumber, AuthUserChangePasswordRequest.NameFieldNumber);
        }

        if (request.AuthUserGrantRole is { } grant)
        {
            grant.User = visit(grant.User, encoded, InternalRaftRequest.AuthUserGrantRoleFieldNumber, AuthUserGrantRoleRequest.UserFieldNumber);
            grant.Role = visit(grant.Role, encoded, InternalRaftRequest.AuthUserGrantRoleFieldNumber, AuthUserGrantRoleRequest.RoleFieldNumber);
        }

        if (request.AuthUserRevokeRole is { } revocation)
        {
            revocation.Name = visit(revocation.Name, encoded, InternalRaftRequest.AuthUserRevokeRoleFieldNumber, AuthUserRevokeRoleRequest.NameFieldNumber);
            revocation.Role = visit(revocation.Role, encoded, InternalRaftRequest.AuthUserRevokeRoleFieldNumber, AuthUserRevokeRoleRequest.RoleFieldNumber);
        }
    }

    private static void VisitRoles(InternalRaftRequest request, ReadOnlyMemory<byte> encoded, NameVisitor visit)
    {
        if (request.AuthRoleAdd is { } role)
        {
            role.Name = visit(role.Name, encoded, InternalRaftRequest.AuthRoleAddFieldNumber, AuthRoleAddRequest.NameFieldNumber);
        }

        if (request.AuthRoleDelete is { } roleDeletion)
        {
            roleDeletion.Role = visit(roleDeletion.Role, encoded, InternalRaftRequest.AuthRoleDeleteFieldNumber, AuthRoleDeleteRequest.RoleFieldNumber);
        }

        if (request.AuthRoleGet is { } asked)
        {
            asked.Role = visit(asked.Role, encoded, InternalRaftRequest.AuthRoleGetFieldNumber, AuthRoleGetRequest.RoleFieldNumber);
        }

        if (request.AuthRoleGrantPermission is { } permission)
        {
            permission.Name = visit(permission.Name, encoded, InternalRaftRequest.AuthRoleGrantPermissionFieldNumber, AuthRoleGrantPermissionRequest.NameFieldNumber);
        }

        if (request.AuthRoleRevokePermission is { } permissionRevocation)
        {
            permissionRevocation.Role = visit(permissionRevocation.Role, encoded, InternalRaftRequest.AuthRoleRevokePermissionFieldNumber, AuthRoleRevokePermissionRequest.RoleFieldNumber);
        }
    }
}
