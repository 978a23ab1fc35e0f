using System.Text;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Etcd.Api.Http;

/// <summary>The path of a request as Go's request router sees it: every escape decoded, <c>%2F</c> too, and what is not clean sent to where it is.</summary>
internal static class RequestPath
{
    /// <summary>Decodes the path as it was sent. The server around this has decoded and cleaned one too, with rules of its own.</summary>
    /// <returns><see langword="false"/> when an escape is malformed.</returns>
    internal static bool TryDecode(HttpContext context, out string path)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.StartsWith('/'))
        {
            path = context.Request.Path.Value is { Length: > 0 } given ? given : "/";
            return true;
        }

        int query = target.IndexOf('?', StringComparison.Ordinal);
        return UrlText.TryDecodePath(query < 0 ? target : target[..query], out path, out _);
    }

    /// <summary>Removes what a path needs not have: empty segments, <c>.</c> and <c>..</c>. A slash at the end stays.</summary>
    internal static string Clean(string path)
    {
        if (!path.Contains("//", StringComparison.Ordinal) && !path.Contains("/.", StringComparison.Ordinal))
        {
            return path;
        }

        var kept = new List<string>();
        foreach (string segment in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (segment == ".." && kept.Count > 0)
            {
                kept.RemoveAt(kept.Count - 1);
            }
            else if (segment is not ("." or ".."))
            {
                kept.Add(segment);
            }
        }

        string clean = "/" + string.Join('/', kept);
        return path.EndsWith('/') && clean.Length > 1 ? clean + "/" : clean;
    }

    /// <summary>Tells the client to ask for another path.</summary>
    internal static async Task RedirectAsync(HttpContext context, string path)
    {
        string location = new PathString(path).ToUriComponent() + context.Request.QueryString.Value;
        context.Response.StatusCode = StatusCodes.Status301MovedPermanently;
        context.Response.Headers.Location = location;
        bool isGet = HttpMethods.IsGet(context.Request.Method);
        if (!isGet && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.ContentLength = 0;
            return;
        }

        byte[] body = Encoding.UTF8.GetBytes($"<a href=\"{Escape(location)}\">Moved Permanently</a>.\n\n");
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.ContentLength = isGet ? body.Length : null;
        if (isGet)
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
        }
    }

    // A query is shown as it came: nothing in it may end the attribute it stands in.
    private static string Escape(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("\"", "&#34;", StringComparison.Ordinal)
        .Replace("'", "&#39;", StringComparison.Ordinal);
}
