using System.Text;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http;

/// <summary>Replies that several HTTP paths give.</summary>
internal static class PlainReplies
{
    internal static bool IsGet(HttpContext context) => HttpMethods.IsGet(context.Request.Method);

    internal static Task NotFoundAsync(HttpContext context) =>
        TextAsync(context, StatusCodes.Status404NotFound, "404 page not found\n");

    /// <summary>The answer to a request whose target cannot be read; its connection ends.</summary>
    internal static async Task MalformedAsync(HttpContext context)
    {
        byte[] body = "400 Bad Request"u8.ToArray();
        context.Response.Headers.Connection = "close";
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }

    internal static Task MethodNotAllowedAsync(HttpContext context, string allowed = "GET")
    {
        context.Response.Headers.Allow = allowed;
        return TextAsync(context, StatusCodes.Status405MethodNotAllowed, "Method Not Allowed\n");
    }

    /// <summary>An error as etcd's HTTP paths give it: one line of text.</summary>
    internal static Task ErrorAsync(HttpContext context, int status, string error) => TextAsync(context, status, error + "\n");

    /// <summary>A reply with a body of a known kind.</summary>
    internal static async Task BytesAsync(HttpContext context, string contentType, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }

    internal static async Task JsonAsync(HttpContext context, int status, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }

    private static Task TextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.ContentLength = Encoding.UTF8.GetByteCount(text);
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
