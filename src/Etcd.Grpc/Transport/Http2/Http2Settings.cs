namespace Etcd.Grpc.Transport.Http2;

/// <summary>Identifiers and bounds of SETTINGS. Source: RFC 9113, section 6.5.2.</summary>
internal static class Http2Settings
{
    public const ushort HeaderTableSize = 0x1;
    public const ushort EnablePush = 0x2;
    public const ushort MaxConcurrentStreams = 0x3;
    public const ushort InitialWindowSize = 0x4;
    public const ushort MaxFrameSize = 0x5;
    public const ushort MaxHeaderListSize = 0x6;

    public const int EntryBytes = 6;
    public const int DefaultWindowBytes = 65_535;
    public const int DefaultFrameBytesMax = 16_384;
    public const int LargestFrameBytesMax = (1 << 24) - 1;
}
