using System.Buffers;
using System.IO.Pipelines;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.V2;

/// <summary>Reads a whole request body, as long as it is not too long.</summary>
internal static class RequestBody
{
    /// <returns>The body; <see langword="null"/> when it is longer than <paramref name="bytesMax"/>.</returns>
    internal static async ValueTask<byte[]?> ReadAsync(HttpContext context, int bytesMax)
    {
        PipeReader body = context.Request.BodyReader;
        while (true)
        {
            ReadResult read = await body.ReadAsync(context.RequestAborted).ConfigureAwait(false);
            if (read.Buffer.Length > bytesMax)
            {
                body.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted)
            {
                byte[] bytes = read.Buffer.ToArray();
                body.AdvanceTo(read.Buffer.End);
                return bytes;
            }

            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
