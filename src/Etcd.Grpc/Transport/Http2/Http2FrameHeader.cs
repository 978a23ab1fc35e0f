using System.Buffers.Binary;

namespace Etcd.Grpc.Transport.Http2;

/// <summary>The nine bytes before every frame.</summary>
/// <remarks>
/// <code>
/// | 3 bytes: payload length | 1: type | 1: flags | 4: stream, highest bit reserved |
/// </code>
/// </remarks>
internal readonly record struct Http2FrameHeader(int Length, Http2FrameType Type, Http2FrameFlags Flags, int StreamId)
{
    public const int SizeBytes = 9;

    public static Http2FrameHeader Read(ReadOnlySpan<byte> bytes) => new(
        (bytes[0] << 16) | (bytes[1] << 8) | bytes[2],
        (Http2FrameType)bytes[3],
        (Http2FrameFlags)bytes[4],
        BinaryPrimitives.ReadInt32BigEndian(bytes[5..]) & int.MaxValue);

    public void Write(Span<byte> bytes)
    {
        bytes[0] = (byte)(Length >> 16);
        bytes[1] = (byte)(Length >> 8);
        bytes[2] = (byte)Length;
        bytes[3] = (byte)Type;
        bytes[4] = (byte)Flags;
        BinaryPrimitives.WriteInt32BigEndian(bytes[5..], StreamId);
    }

    public bool Has(Http2FrameFlags flag) => (Flags & flag) != 0;
}
