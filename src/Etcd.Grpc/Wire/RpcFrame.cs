using System.Buffers;
using System.Buffers.Binary;

namespace Etcd.Grpc.Wire;

/// <summary>The prefix before every message of a gRPC body.</summary>
/// <remarks>
/// <code>
/// | 1 byte: 1 = compressed, 0 = not | 4 bytes: length of the message, big-endian | message |
/// </code>
/// </remarks>
internal static class RpcFrame
{
    public const int PrefixBytes = 5;

    /// <summary>Writes the prefix of a message.</summary>
    public static void WritePrefix(Span<byte> destination, bool compressed, int messageBytes)
    {
        destination[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], (uint)messageBytes);
    }

    /// <summary>Reads the prefix at the start of a body.</summary>
    /// <param name="body">What has arrived of the body.</param>
    /// <param name="compressed">The compressed flag.</param>
    /// <param name="messageBytes">Length of the message as claimed: 0 to 2^32-1, not checked against any limit.</param>
    /// <returns><see langword="false"/> when fewer than <see cref="PrefixBytes"/> bytes have arrived.</returns>
    /// <exception cref="RpcException">The flag is neither 0 nor 1.</exception>
    public static bool TryReadPrefix(in ReadOnlySequence<byte> body, out bool compressed, out long messageBytes)
    {
        ReadOnlySpan<byte> prefix = body.FirstSpan;
        if (prefix.Length < PrefixBytes)
        {
            if (body.Length < PrefixBytes)
            {
                compressed = false;
                messageBytes = 0;
                return false;
            }

            Span<byte> joined = stackalloc byte[PrefixBytes];
            body.Slice(0, PrefixBytes).CopyTo(joined);
            Parse(joined, out compressed, out messageBytes);
            return true;
        }

        Parse(prefix, out compressed, out messageBytes);
        return true;
    }

    /// <summary>The error for a message beyond the receive limit, in the words of grpc-go, on which clients match.</summary>
    public static RpcException TooLarge(long messageBytes, long messageBytesMax) =>
        new(RpcStatusCode.ResourceExhausted, $"grpc: received message larger than max ({messageBytes} vs. {messageBytesMax})");

    private static void Parse(ReadOnlySpan<byte> prefix, out bool compressed, out long messageBytes)
    {
        if (prefix[0] > 1)
        {
            throw new RpcException(RpcStatusCode.Internal, $"grpc: received unexpected payload format {prefix[0]}");
        }

        compressed = prefix[0] == 1;
        messageBytes = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
    }
}
