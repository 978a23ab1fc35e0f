using System.Net;

using Etcd.Api.Limits;
using Etcd.Auth;
using Etcd.Grpc.Server;
using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Server.Operations;

using Google.Protobuf;

namespace Etcd.Api.Services;

/// <summary>etcdserverpb.Auth.</summary>
internal sealed class AuthService(EtcdServer server, CallAccess access)
{
    private readonly AuthOperations _auth = server.Auth;

    internal void AddTo(RpcServiceTable table)
    {
        table.AddUnary(ServiceNames.Auth, "Authenticate", AuthenticateRequest.Parser, AuthenticateAsync);
        Add(table, "AuthEnable", AuthEnableRequest.Parser, (request, caller, _) => _auth.EnableAsync(request, caller));
        Add(table, "AuthDisable", AuthDisableRequest.Parser, (request, caller, _) => _auth.DisableAsync(request, caller));
        Add(table, "AuthStatus", AuthStatusRequest.Parser, _auth.StatusAsync);
        Add(table, "UserAdd", AuthUserAddRequest.Parser, _auth.AddUserAsync);
        Add(table, "UserGet", AuthUserGetRequest.Parser, _auth.GetUserAsync);
        Add(table, "UserList", AuthUserListRequest.Parser, _auth.ListUsersAsync);
        Add(table, "UserDelete", AuthUserDeleteRequest.Parser, (request, caller, _) => _auth.DeleteUserAsync(request, caller));
        Add(table, "UserChangePassword", AuthUserChangePasswordRequest.Parser, _auth.ChangePasswordAsync);
        Add(table, "UserGrantRole", AuthUserGrantRoleRequest.Parser, (request, caller, _) => _auth.GrantRoleAsync(request, caller));
        Add(table, "UserRevokeRole", AuthUserRevokeRoleRequest.Parser, (request, caller, _) => _auth.RevokeRoleAsync(request, caller));
        Add(table, "RoleAdd", AuthRoleAddRequest.Parser, (request, caller, _) => _auth.AddRoleAsync(request, caller));
        Add(table, "RoleGet", AuthRoleGetRequest.Parser, _auth.GetRoleAsync);
        Add(table, "RoleList", AuthRoleListRequest.Parser, _auth.ListRolesAsync);
        Add(table, "RoleDelete", AuthRoleDeleteRequest.Parser, (request, caller, _) => _auth.DeleteRoleAsync(request, caller));
        Add(
            table,
            "RoleGrantPermission",
            AuthRoleGrantPermissionRequest.Parser,
            (request, caller, _) => _auth.GrantPermissionAsync(request, caller));
        Add(
            table,
            "RoleRevokePermission",
            AuthRoleRevokePermissionRequest.Parser,
            (request, caller, _) => _auth.RevokePermissionAsync(request, caller));
    }

    private void Add<TRequest, TReply>(
        RpcServiceTable table,
        string method,
        MessageParser<TRequest> parser,
        Func<TRequest, Caller, CancellationToken, ValueTask<TReply>> handler)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        table.AddUnary<TRequest, TReply>(ServiceNames.Auth, method, parser, ServeAsync);

        async ValueTask<TReply> ServeAsync(RpcServerCall call, TRequest request)
        {
            Caller caller = await access.CallerOfAsync(call).ConfigureAwait(false);
            return await handler(request, caller, call.CancellationToken).ConfigureAwait(false);
        }
    }

    private ValueTask<AuthenticateResponse> AuthenticateAsync(RpcServerCall call, AuthenticateRequest request) =>
        _auth.AuthenticateAsync(request, SourceOf(call), call.CancellationToken);

    // The port changes with each connection; the address is what a guesser has few of.
    private static string SourceOf(RpcServerCall call) =>
        call.RemoteEndPoint is IPEndPoint address ? SourceAddress.NameOf(address.Address) : call.RemoteEndPoint?.ToString() ?? string.Empty;
}
