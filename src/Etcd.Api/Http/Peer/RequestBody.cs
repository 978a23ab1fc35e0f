using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.Peer;

/// <summary>Reads the small bodies of questions between members.</summary>
internal static class RequestBody
{
    /// <summary>No question is larger; what a sender claims to need beyond is not read (etcd once read without a bound).</summary>
    internal const int BytesMax = 64 * 1024;

    /// <summary>The whole body.</summary>
    /// <returns><see langword="null"/> when it is too large or broke off.</returns>
    internal static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[BytesMax + 1];
        try
        {
            int read = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken)
                .ConfigureAwait(false);
            if (read <= BytesMax)
            {
                return buffer.AsMemory(0, read);
            }
        }
        catch (IOException)
        {
            // The sender went away in the middle: whatever it is told, it does not hear.
        }

        return null;
    }
}
