using System.Text;

using Etcd.Server;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.V2;

/// <summary><c>/v2/machines</c>: where clients reach the members.</summary>
internal sealed class MachinesEndpoint(EtcdServer server)
{
    internal async Task HandleAsync(HttpContext context)
    {
        if (!await V2Replies.AllowAsync(context, "GET,HEAD").ConfigureAwait(false))
        {
            return;
        }

        IEnumerable<string> urls = server.Cluster.View.Members
            .SelectMany(member => member.ClientUrls)
            .Order(StringComparer.Ordinal);
        context.Response.ContentType = "text/plain; charset=utf-8";
        byte[] body = Encoding.UTF8.GetBytes(string.Join(", ", urls));
        await V2Replies.BodyAsync(context, StatusCodes.Status200OK, body).ConfigureAwait(false);
    }
}
