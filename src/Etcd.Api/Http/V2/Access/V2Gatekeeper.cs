using Etcd.Api.Limits;
using Etcd.Auth;
using Etcd.Protocol.Errors;
using Etcd.Server;
using Etcd.Server.V2Access;
using Etcd.V2;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.V2.Access;

/// <summary>Who may use the v2 API. Under authentication of the v3 API, role root only: the keys of v2 know nothing of those permissions, and whoever
/// could write them, or the members, could do without any. Otherwise the users and roles of the v2 API itself decide, once they are turned on.</summary>
/// <remarks>Names and passwords come as <c>Authorization: Basic</c>, as <c>curl -u</c> and v2 clients send them; root may show a v3 token too.</remarks>
internal sealed class V2Gatekeeper(EtcdServer server)
{
    private static readonly V2Error Refusal = new(V2ErrorCode.Unauthorized, "Insufficient credentials", 0);

    /// <summary>Lets a request to the API through as far as authentication of the v3 API goes; if it does not, the reply says so.</summary>
    internal ValueTask<bool> AllowAsync(HttpContext context) => server.Access.IsNeeded ? AskForRootAsync(context) : new ValueTask<bool>(true);

    /// <summary>Lets a request for keys through as far as users and roles of the v2 API go; if it does not, the reply says so.</summary>
    /// <param name="context">The request.</param>
    /// <param name="key">The key, with its first slash.</param>
    /// <param name="isRecursive">With all that is below it.</param>
    /// <returns>The right to go on with it; <see langword="null"/> when refused.</returns>
    internal async ValueTask<V2KeyPass?> AllowKeyAsync(HttpContext context, string key, bool isRecursive)
    {
        bool asksV3 = server.Access.IsNeeded;
        if (asksV3 || !server.V2Access.IsEnabled)
        {
            return new V2KeyPass(server, asksV3, UserName: null, key, isRecursive);
        }

        bool isWrite = !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method);
        (bool isKnown, V2User? user) = await RecogniseAsync(context).ConfigureAwait(false);
        if (isKnown && server.V2Access.Allows(user?.Name, key, isWrite, isRecursive))
        {
            return new V2KeyPass(server, asksV3, user?.Name, key, isRecursive);
        }

        await V2Replies.ErrorAsync(context, Refusal).ConfigureAwait(false);
        return null;
    }

    /// <summary>Lets a request through that only root of the v2 API may make; if it does not, the reply says so.</summary>
    internal async ValueTask<bool> AllowRootAsync(HttpContext context)
    {
        if (server.Access.IsNeeded || !server.V2Access.IsEnabled)
        {
            return true;
        }

        (bool isKnown, V2User? user) = await RecogniseAsync(context).ConfigureAwait(false);
        if (isKnown && user is { IsRoot: true })
        {
            return true;
        }

        await MembersEndpoint.MessageAsync(context, StatusCodes.Status401Unauthorized, Refusal.Cause).ConfigureAwait(false);
        return false;
    }

    /// <summary>The user behind a request; nobody for a guest.</summary>
    private async ValueTask<(bool IsKnown, V2User? User)> RecogniseAsync(HttpContext context)
    {
        string shown = context.Request.Headers.Authorization.ToString();
        if (shown.Length == 0)
        {
            return (true, null);
        }

        if (!BasicCredentials.TryRead(shown, out BasicCredentials credentials))
        {
            return (false, null);
        }

        try
        {
            V2User? user = await server.V2Access
                .LogInAsync(credentials.Name, credentials.Password, SourceOf(context), context.RequestAborted)
                .ConfigureAwait(false);
            return (user is not null, user);
        }
        catch (EtcdException refusal) when (refusal.Code == EtcdErrorCode.TooManyRequests)
        {
            return (false, null);
        }
    }

    private async ValueTask<bool> AskForRootAsync(HttpContext context)
    {
        try
        {
            Caller caller = await CallerOfAsync(context).ConfigureAwait(false);
            await server.Access.RequireRootAsync(caller).ConfigureAwait(false);
            return true;
        }
        catch (EtcdException refusal)
        {
            await RefuseAsync(context, refusal).ConfigureAwait(false);
            return false;
        }
    }

    private static Task RefuseAsync(HttpContext context, EtcdException refusal)
    {
        switch (refusal.Code)
        {
            case EtcdErrorCode.TooManyRequests:
                return V2Replies.ErrorAsync(context, Refusal, StatusCodes.Status429TooManyRequests);
            case EtcdErrorCode.UserEmpty or EtcdErrorCode.PermissionDenied or EtcdErrorCode.AuthFailed or EtcdErrorCode.InvalidAuthToken
                or EtcdErrorCode.AuthOldRevision or EtcdErrorCode.AuthNotEnabled:
                context.Response.Headers.WWWAuthenticate = "Basic realm=\"etcd\"";
                return V2Replies.ErrorAsync(context, Refusal);
            default:
                // Nobody can say who it is: no leader, or no quorum to ask. A password is as good as before.
                return V2Replies.ErrorAsync(context, new V2Error(V2ErrorCode.RaftInternal, refusal.Message, 0));
        }
    }

    private ValueTask<Caller> CallerOfAsync(HttpContext context)
    {
        string shown = context.Request.Headers.Authorization.ToString();
        if (shown.Length == 0)
        {
            return new ValueTask<Caller>(Caller.Anonymous);
        }

        return BasicCredentials.TryRead(shown, out BasicCredentials credentials)
            ? server.Auth.CheckCredentialsAsync(credentials.Name, credentials.Password, SourceOf(context), context.RequestAborted)
            : server.Access.RecogniseAsync(shown, certificateUser: null, context.RequestAborted);
    }

    private static string SourceOf(HttpContext context) => SourceAddress.NameOf(context.Connection.RemoteIpAddress);
}
