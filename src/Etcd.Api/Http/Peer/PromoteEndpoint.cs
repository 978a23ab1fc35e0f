using System.Globalization;

using Etcd.Auth;
using Etcd.Peer;
using Etcd.Protocol.Errors;
using Etcd.Server;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.Peer;

/// <summary><c>POST /members/promote/ID</c> with a decimal id: another member asks the leader to make a learner a voter.</summary>
internal sealed class PromoteEndpoint(EtcdServer server)
{
    internal const string PathPrefix = "/members/promote/";

    internal async Task HandleAsync(HttpContext context, string path)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            await PlainReplies.MethodNotAllowedAsync(context, "POST").ConfigureAwait(false);
            return;
        }

        context.Response.Headers[PeerHeaders.ClusterId] = PeerHeaders.FormatId(server.Headers.ClusterId);
        string text = path[PathPrefix.Length..];
        if (!ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong id))
        {
            await PlainReplies.ErrorAsync(context, StatusCodes.Status404NotFound, $"member {text} not found in cluster").ConfigureAwait(false);
            return;
        }

        try
        {
            // The member that forwards has not asked who calls: it passes the client's token on.
            Caller caller = await server.Access
                .RecogniseAsync(context.Request.Headers.Authorization, certificateUser: null, context.RequestAborted)
                .ConfigureAwait(false);
            await server.Access.RequireRootAsync(caller).ConfigureAwait(false);
            IReadOnlyList<PeerMemberRecord> members = await server.Cluster.PromoteAsLeaderAsync(id, context.RequestAborted).ConfigureAwait(false)
                ?? throw new EtcdException(EtcdErrorCode.NotLeader);
            await PlainReplies.JsonAsync(context, StatusCodes.Status200OK, MembersEndpoint.Write(members)).ConfigureAwait(false);
        }
        catch (EtcdException refusal)
        {
            await RefuseAsync(context, refusal.Code).ConfigureAwait(false);
        }
    }

    // The texts are those inside etcd, which its members look for.
    private static Task RefuseAsync(HttpContext context, EtcdErrorCode code) => code switch
    {
        EtcdErrorCode.MemberNotFound =>
            PlainReplies.ErrorAsync(context, StatusCodes.Status404NotFound, "membership: ID not found"),
        EtcdErrorCode.MemberNotLearner =>
            PlainReplies.ErrorAsync(context, StatusCodes.Status412PreconditionFailed, "membership: can only promote a learner member"),
        EtcdErrorCode.LearnerNotReady => PlainReplies.ErrorAsync(
            context, StatusCodes.Status412PreconditionFailed, ErrorCatalogue.Describe(EtcdErrorCode.LearnerNotReady).Text),
        _ => PlainReplies.JsonAsync(
            context, StatusCodes.Status500InternalServerError, """{"message":"Internal Server Error"}"""u8.ToArray()),
    };
}
