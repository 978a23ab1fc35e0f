using System.Buffers.Binary;

namespace Etcd.Peer.Codecs;

/// <summary>Bounds on what another member may send.</summary>
internal static class FrameLimits
{
    /// <summary>Largest message on a stream, as in etcd: 512 MiB.</summary>
    public const int MessageBytesMax = 512 * 1024 * 1024;

    /// <summary>Reads a length that stands at the front of what has arrived.</summary>
    /// <exception cref="PeerFrameException">It is above the bound.</exception>
    public static int ReadLength(ReadOnlyMemory<byte> source, string what)
    {
        ulong length = BinaryPrimitives.ReadUInt64BigEndian(source.Span);
        return length <= MessageBytesMax
            ? (int)length
            : throw new PeerFrameException($"{what} of {length} bytes is above the limit of {MessageBytesMax}");
    }
}
