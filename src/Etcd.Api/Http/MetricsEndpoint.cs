using System.Buffers;

using Etcd.Api.Metrics;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http;

/// <summary><c>GET /metrics</c>: the state of the member for monitoring, in Prometheus's text format.</summary>
internal sealed class MetricsEndpoint(MetricsRegistry metrics)
{
    // What a member shows at first; the buffer grows by doubling.
    private const int BodyBytes = 128 * 1024;

    internal async Task HandleAsync(HttpContext context)
    {
        if (!PlainReplies.IsGet(context))
        {
            await PlainReplies.MethodNotAllowedAsync(context).ConfigureAwait(false);
            return;
        }

        metrics.Scrapes?.Begin();
        bool isWritten = false;
        var body = new ArrayBufferWriter<byte>(BodyBytes);
        try
        {
            metrics.WriteTo(body);
            isWritten = true;
        }
        finally
        {
            metrics.Scrapes?.End(isWritten);
        }

        context.Response.ContentType = MetricsTextWriter.ContentType;
        context.Response.ContentLength = body.WrittenCount;
        await context.Response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
    }
}
