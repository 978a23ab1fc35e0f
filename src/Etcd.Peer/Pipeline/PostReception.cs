using Etcd.Peer.Codecs;
using Etcd.Raft;
using Etcd.Raft.Encoding;

namespace Etcd.Peer.Pipeline;

/// <summary>Reads one message from the body of a POST.</summary>
internal static class PostReception
{
    private const int PieceBytes = 64 * 1024;

    /// <summary>Reads the body and decodes it.</summary>
    /// <param name="body">The body.</param>
    /// <param name="length">Its length, if the request tells it.</param>
    /// <param name="cancellationToken">The sender went away.</param>
    /// <returns>The message and its size, or what is wrong and why.</returns>
    public static async Task<(RaftMessage? Message, int Bytes, PostReceipt Fault, string Reason)> ReadAsync(
        StallGuard body, long? length, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> bytes;
        try
        {
            bytes = await ReadAllAsync(body, length, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException)
        {
            return (null, 0, PostReceipt.Unreadable, failure.Message);
        }

        try
        {
            return (RaftMessageCodec.Read(bytes), bytes.Length, PostReceipt.Taken, "");
        }
        catch (ProtoFormatException malformed)
        {
            return (null, bytes.Length, PostReceipt.Undecodable, malformed.Message);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAllAsync(StallGuard body, long? length, CancellationToken cancellationToken)
    {
        // The length is the sender's word: memory beyond a piece is taken as bytes arrive.
        var bytes = new byte[Math.Min(length ?? PieceBytes, PieceBytes)];
        int read = 0;
        while (true)
        {
            if (read == bytes.Length)
            {
                if (read == length)
                {
                    return bytes;
                }

                if (read >= FrameLimits.MessageBytesMax)
                {
                    throw new IOException($"a message of more than {FrameLimits.MessageBytesMax} bytes");
                }

                Array.Resize(ref bytes, (int)Math.Min(Math.Max(PieceBytes, 2L * read), length ?? FrameLimits.MessageBytesMax));
            }

            int count = await body.ReadAsync(bytes.AsMemory(read), cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                return bytes.AsMemory(0, read);
            }

            read += count;
        }
    }
}
