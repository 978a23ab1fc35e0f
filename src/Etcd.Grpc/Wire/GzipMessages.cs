using System.Buffers;
using System.IO.Compression;

namespace Etcd.Grpc.Wire;

/// <summary>Message compression with gzip, the one encoding beside identity that etcd and its clients know.</summary>
internal static class GzipMessages
{
    /// <summary>Decompresses one message.</summary>
    /// <param name="compressed">The message as received.</param>
    /// <param name="destination">Receives the message. It is emptied first.</param>
    /// <param name="messageBytesMax">Limit of the decompressed size: a small message must not blow up the memory.</param>
    /// <exception cref="RpcException">The data is damaged (Internal) or the message is beyond the limit (ResourceExhausted).</exception>
    public static void Decompress(in ReadOnlySequence<byte> compressed, PooledBuffer destination, long messageBytesMax)
    {
        destination.Clear();
        using var source = new SequenceReadStream(compressed);
        using var gzip = new GZipStream(source, CompressionMode.Decompress);
        try
        {
            while (true)
            {
                Span<byte> space = destination.GetSpan(1);
                int count = gzip.Read(space);
                if (count == 0)
                {
                    return;
                }

                destination.Advance(count);
                if (destination.Count > messageBytesMax)
                {
                    throw new RpcException(
                        RpcStatusCode.ResourceExhausted,
                        $"grpc: received message after decompression larger than max {messageBytesMax}");
                }
            }
        }
        catch (InvalidDataException damage)
        {
            throw new RpcException(
                RpcStatusCode.Internal, $"grpc: failed to decompress the message: {damage.Message}", inner: damage);
        }
    }

    /// <summary>Compresses one message into <paramref name="destination"/>, prefix included.</summary>
    public static void WriteFrame(ReadOnlyMemory<byte> message, PooledBuffer destination)
    {
        destination.Clear();
        destination.GetSpan(RpcFrame.PrefixBytes);
        destination.Advance(RpcFrame.PrefixBytes);
        using (var target = new BufferWriteStream(destination))
        using (var gzip = new GZipStream(target, CompressionLevel.Fastest))
        {
            gzip.Write(message.Span);
        }

        RpcFrame.WritePrefix(destination.WrittenSpan, compressed: true, destination.Count - RpcFrame.PrefixBytes);
    }
}
