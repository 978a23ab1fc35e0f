using System.Globalization;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.Peer;

/// <summary><c>/raft/probing</c>: this member is there, and what its clock says. Any method will do.</summary>
internal sealed class ProbingEndpoint(TimeProvider time)
{
    internal Task HandleAsync(HttpContext context)
    {
        string now = time.GetLocalNow().ToString("yyyy-MM-ddTHH:mm:ss.fffffffK", CultureInfo.InvariantCulture);
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync($$"""{"OK":true,"Now":"{{now}}"}""" + "\n", context.RequestAborted);
    }
}
