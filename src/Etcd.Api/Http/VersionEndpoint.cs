using System.Text;

using Etcd.Server;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http;

/// <summary><c>GET /version</c>: the server's and the cluster's level.</summary>
internal sealed class VersionEndpoint(EtcdServer server)
{
    internal Task HandleAsync(HttpContext context)
    {
        if (!PlainReplies.IsGet(context))
        {
            return PlainReplies.MethodNotAllowedAsync(context);
        }

        string cluster = server.Cluster.View.ClusterVersion is { Length: > 0 } version ? version : "not_decided";
        string body = $$"""{"etcdserver":"{{EtcdVersion.Compatibility}}","etcdcluster":"{{cluster}}"}""";
        return PlainReplies.JsonAsync(context, StatusCodes.Status200OK, Encoding.UTF8.GetBytes(body));
    }
}
