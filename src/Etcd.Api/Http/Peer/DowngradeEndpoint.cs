using Etcd.Peer;
using Etcd.Protocol.Errors;
using Etcd.Server;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.Peer;

/// <summary><c>GET /downgrade/enabled</c>: whether the cluster is on its way to an older version. Answered after a linearizable read, so that only a member in touch with its cluster says so.</summary>
internal sealed class DowngradeEndpoint(EtcdServer server)
{
    internal async Task HandleAsync(HttpContext context)
    {
        if (!PlainReplies.IsGet(context))
        {
            await PlainReplies.MethodNotAllowedAsync(context).ConfigureAwait(false);
            return;
        }

        context.Response.Headers[PeerHeaders.ClusterId] = PeerHeaders.FormatId(server.Headers.ClusterId);
        try
        {
            await server.Cluster.ConfirmAsync(context.RequestAborted).ConfigureAwait(false);
        }
        catch (EtcdException failure)
        {
            await PlainReplies
                .ErrorAsync(context, StatusCodes.Status500InternalServerError, $"failed linearized read: {failure.Message}")
                .ConfigureAwait(false);
            return;
        }

        await PlainReplies.BytesAsync(context, "text/plain", (server.Downgrade.Target.Length > 0 ? "true"u8 : "false"u8).ToArray()).ConfigureAwait(false);
    }
}
