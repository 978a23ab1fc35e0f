using Etcd.Protocol.Errors;
using Etcd.Server;
using Etcd.Server.V2Access;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.V2.Access;

/// <summary><c>/v2/auth</c>: users and roles of the v2 API, and the switch that makes them count.</summary>
internal sealed class V2AuthEndpoint
{
    internal const string Path = "/v2/auth";

    private const string Enable = "enable";

    private readonly EtcdServer _server;
    private readonly V2Gatekeeper _gatekeeper;
    private readonly V2AccessOperations _access;
    private readonly V2UsersEndpoint _users;
    private readonly V2RolesEndpoint _roles;

    internal V2AuthEndpoint(EtcdServer server, V2Gatekeeper gatekeeper)
    {
        _server = server;
        _gatekeeper = gatekeeper;
        _access = server.V2Access;
        _users = new V2UsersEndpoint(_access);
        _roles = new V2RolesEndpoint(_access);
    }

    /// <summary>Answers a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="rest">What follows <c>/v2/auth/</c> in its path.</param>
    internal async Task HandleAsync(HttpContext context, string rest)
    {
        string[] parts = rest.TrimEnd('/').Split('/');
        try
        {
            await RouteAsync(context, parts).ConfigureAwait(false);
        }
        catch (V2AccessException refusal)
        {
            await MembersEndpoint.MessageAsync(context, refusal.HttpStatus, refusal.Message).ConfigureAwait(false);
        }
        catch (EtcdException refusal)
        {
            int status = refusal.Code == EtcdErrorCode.TooManyRequests
                ? StatusCodes.Status429TooManyRequests
                : StatusCodes.Status500InternalServerError;
            await MembersEndpoint.MessageAsync(context, status, refusal.Message).ConfigureAwait(false);
        }
    }

    private Task RouteAsync(HttpContext context, string[] parts) => parts switch
    {
        [Enable] => SwitchAsync(context),
        ["users"] => GuardedAsync(context, "GET", _users.ListAsync),
        ["users", var name] => GuardedAsync(context, "GET,PUT,DELETE", request => _users.HandleAsync(request, name)),
        ["roles"] => GuardedAsync(context, "GET", _roles.ListAsync),
        ["roles", var name] => GuardedAsync(context, "GET,PUT,DELETE", request => _roles.HandleAsync(request, name)),
        ["users" or "roles", ..] => MembersEndpoint.MessageAsync(context, StatusCodes.Status400BadRequest, "Invalid path"),
        _ => PlainReplies.NotFoundAsync(context),
    };

    private async Task GuardedAsync(HttpContext context, string methods, Func<HttpContext, Task> handler)
    {
        if (!await V2Replies.AllowAsync(context, methods).ConfigureAwait(false))
        {
            return;
        }

        if (await _gatekeeper.AllowRootAsync(context).ConfigureAwait(false))
        {
            V2Replies.AddClusterId(context, _server);
            await handler(context).ConfigureAwait(false);
        }
    }

    private async Task SwitchAsync(HttpContext context)
    {
        if (!await V2Replies.AllowAsync(context, "GET,PUT,DELETE").ConfigureAwait(false))
        {
            return;
        }

        if (HttpMethods.IsGet(context.Request.Method))
        {
            V2Replies.AddClusterId(context, _server);
            byte[] body = _access.IsEnabled ? "{\"enabled\":true}\n"u8.ToArray() : "{\"enabled\":false}\n"u8.ToArray();
            await V2Replies.JsonAsync(context, StatusCodes.Status200OK, body).ConfigureAwait(false);
        }
        else if (await _gatekeeper.AllowRootAsync(context).ConfigureAwait(false))
        {
            V2Replies.AddClusterId(context, _server);
            await SwitchAsync(isOn: HttpMethods.IsPut(context.Request.Method)).ConfigureAwait(false);
            await V2Replies.JsonAsync(context, StatusCodes.Status200OK, default).ConfigureAwait(false);
        }
    }

    private ValueTask SwitchAsync(bool isOn) => isOn ? _access.EnableAsync() : _access.DisableAsync();
}
