namespace Etcd.Grpc.Transport.Http2;

/// <summary>Frame flags of HTTP/2. A bit's meaning depends on the frame type.</summary>
[Flags]
internal enum Http2FrameFlags : byte
{
    None = 0,
    Ack = 0x1,
    EndStream = Ack,
    EndHeaders = 0x4,
    Padded = 0x8,
    Priority = 0x20,
}
