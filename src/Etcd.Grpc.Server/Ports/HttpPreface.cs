namespace Etcd.Grpc.Server.Ports;

/// <summary>Tells HTTP/2 with prior knowledge from HTTP/1.1 by the first bytes of a connection.</summary>
/// <remarks>Source: RFC 9113, section 3.4.</remarks>
internal static class HttpPreface
{
    /// <summary>Bytes that decide in any case.</summary>
    public const int SizeBytes = 24;

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Compares what has arrived with the preface.</summary>
    /// <param name="start">First bytes of the connection, at most <see cref="SizeBytes"/>.</param>
    /// <param name="side">The protocol, once it is certain.</param>
    /// <returns><see langword="false"/> while the bytes fit both protocols.</returns>
    public static bool TryDetect(ReadOnlySpan<byte> start, out SharedPortSide side)
    {
        bool fits = start.SequenceEqual(Preface[..start.Length]);
        side = fits ? SharedPortSide.Http2 : SharedPortSide.Http1;
        return !fits || start.Length == SizeBytes;
    }
}
