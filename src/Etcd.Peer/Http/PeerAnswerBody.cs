using System.Buffers;
using System.Text;

namespace Etcd.Peer.Http;

/// <summary>Reads short answers, with a bound on what is taken.</summary>
internal static class PeerAnswerBody
{
    /// <summary>Largest answer; a member list or a lease with very many keys.</summary>
    private const int BytesMax = 64 * 1024 * 1024;

    /// <summary>The whole body.</summary>
    /// <exception cref="IOException">It is too large, or was cut off.</exception>
    public static async Task<byte[]> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        Stream source = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (source.ConfigureAwait(false))
        {
            var body = new ArrayBufferWriter<byte>();
            while (await source.ReadAsync(body.GetMemory(4096), cancellationToken).ConfigureAwait(false) is > 0 and int count)
            {
                body.Advance(count);
                if (body.WrittenCount > BytesMax)
                {
                    throw new IOException($"an answer of more than {BytesMax} bytes");
                }
            }

            return body.WrittenSpan.ToArray();
        }
    }

    /// <summary>The body as text without the line end that errors have.</summary>
    public static async Task<string> ReadTextAsync(HttpResponseMessage answer, CancellationToken cancellationToken) =>
        Encoding.UTF8.GetString(await ReadAsync(answer, cancellationToken).ConfigureAwait(false)).TrimEnd('\n');
}
