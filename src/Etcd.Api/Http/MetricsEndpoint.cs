using System.Buffers;

using Etcd.Api.Metrics;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http;

/// <summary><c>GET /metrics</c>: the state of the member for monitoring, in Prometheus's text format.</summary>
internal sealed class MetricsEndpoint(MetricsRegistry metrics)
{
    internal async Task HandleAsync(HttpContext context)
    {
        if (!PlainReplies.IsGet(context))
        {
            await PlainReplies.MethodNotAllowedAsync(context).ConfigureAwait(false);
            return;
        }

        var body = new ArrayBufferWriter<byte>();
        metrics.WriteTo(body);
        context.Response.ContentType = MetricsTextWriter.ContentType;
        context.Response.ContentLength = body.WrittenCount;
        await context.Response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
    }
}
