using System.Net;

using Etcd.Api.Limits;
using Etcd.Api.Limits.Rates;
using Etcd.Auth;
using Etcd.Protocol.Errors;
using Etcd.Server;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.V2;

/// <summary>Limits how fast the v2 API may be asked. Its users are not those of the v3 API, so each address counts by itself, under the default limit; and it
/// counts before a password is looked at.</summary>
internal sealed class V2RateGate(EtcdServer server, ServiceLimits limits)
{
    /// <summary>Whether anybody's rate is limited.</summary>
    internal bool IsOn => limits.Rates.IsOn;

    /// <summary>Answers a request, or refuses it with status 429.</summary>
    internal async Task HandleAsync(HttpContext context, RequestDelegate answer)
    {
        EndPoint? source = context.Connection.RemoteIpAddress is { } address ? new IPEndPoint(address, context.Connection.RemotePort) : null;
        RateAccount? account = limits.Rates.AccountOf(server.Access.Rules, Caller.Anonymous, source);
        if (account is null)
        {
            await answer(context).ConfigureAwait(false);
            return;
        }

        try
        {
            account.Take(context.Request.ContentLength ?? 0);
        }
        catch (EtcdException refusal)
        {
            limits.Refusals.Count(refusal.Code);
            await V2Replies.LimitedAsync(context, refusal).ConfigureAwait(false);
            return;
        }

        await answer(context).ConfigureAwait(false);
        account.Sent(context.Response.ContentLength ?? 0);
    }
}
