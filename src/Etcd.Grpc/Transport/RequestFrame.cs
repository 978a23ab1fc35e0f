using Etcd.Grpc.Wire;
using Google.Protobuf;

namespace Etcd.Grpc.Transport;

/// <summary>A request message with its prefix.</summary>
internal static class RequestFrame
{
    /// <summary>Encodes a message.</summary>
    /// <exception cref="RpcException">The message is beyond the channel's limit.</exception>
    public static ReadOnlyMemory<byte> Encode<T>(T message, bool gzip, int sendBytesMax)
        where T : IMessage<T>
    {
        int bytes = message.CalculateSize();
        if (bytes > sendBytesMax)
        {
            throw new RpcException(
                RpcStatusCode.ResourceExhausted, $"trying to send message larger than max ({bytes} vs. {sendBytesMax})");
        }

        byte[] frame = new byte[RpcFrame.PrefixBytes + bytes];
        message.WriteTo(frame.AsSpan(RpcFrame.PrefixBytes));
        if (gzip)
        {
            using var compressed = new PooledBuffer();
            GzipMessages.WriteFrame(frame.AsMemory(RpcFrame.PrefixBytes), compressed);
            return compressed.WrittenSpan.ToArray();
        }

        RpcFrame.WritePrefix(frame, compressed: false, bytes);
        return frame;
    }
}
