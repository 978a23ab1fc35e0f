using System.Buffers.Binary;
using System.Text;
using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Transport.Http2;

/// <summary>Appends frames to an output buffer.</summary>
internal static class Http2FrameWriter
{
    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>What a client sends first: preface, settings, and a wider window for the connection.</summary>
    public static void WriteConnectionStart(PooledBuffer output, int streamWindowBytes, int connectionWindowBytes, int headerListBytesMax)
    {
        Append(output, Preface);
        Span<byte> settings = Begin(output, 3 * Http2Settings.EntryBytes, Http2FrameType.Settings, Http2FrameFlags.None, streamId: 0);
        WriteSetting(settings, 0, Http2Settings.EnablePush, 0);
        WriteSetting(settings, 1, Http2Settings.InitialWindowSize, (uint)streamWindowBytes);
        WriteSetting(settings, 2, Http2Settings.MaxHeaderListSize, (uint)headerListBytesMax);
        WriteWindowUpdate(output, streamId: 0, connectionWindowBytes - Http2Settings.DefaultWindowBytes);
    }

    /// <summary>What a server sends first: settings, and a wider window for the connection.</summary>
    public static void WriteServerStart(
        PooledBuffer output, int streamWindowBytes, int connectionWindowBytes, int headerListBytesMax, uint streamsMax)
    {
        Span<byte> settings = Begin(output, 3 * Http2Settings.EntryBytes, Http2FrameType.Settings, Http2FrameFlags.None, streamId: 0);
        WriteSetting(settings, 0, Http2Settings.MaxConcurrentStreams, streamsMax);
        WriteSetting(settings, 1, Http2Settings.InitialWindowSize, (uint)streamWindowBytes);
        WriteSetting(settings, 2, Http2Settings.MaxHeaderListSize, (uint)headerListBytesMax);
        WriteWindowUpdate(output, streamId: 0, connectionWindowBytes - Http2Settings.DefaultWindowBytes);
    }

    public static void WriteSettingsAck(PooledBuffer output) =>
        Begin(output, 0, Http2FrameType.Settings, Http2FrameFlags.Ack, streamId: 0);

    public static void WritePing(PooledBuffer output, ReadOnlySpan<byte> payload, bool isAck) =>
        payload.CopyTo(Begin(output, 8, Http2FrameType.Ping, isAck ? Http2FrameFlags.Ack : Http2FrameFlags.None, streamId: 0));

    public static void WriteWindowUpdate(PooledBuffer output, int streamId, int increment) =>
        BinaryPrimitives.WriteInt32BigEndian(
            Begin(output, 4, Http2FrameType.WindowUpdate, Http2FrameFlags.None, streamId), increment);

    public static void WriteReset(PooledBuffer output, int streamId, Http2ErrorCode code) =>
        BinaryPrimitives.WriteUInt32BigEndian(
            Begin(output, 4, Http2FrameType.RstStream, Http2FrameFlags.None, streamId), (uint)code);

    /// <summary>Writes GOAWAY.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="lastStreamId">Last stream of the other side that was or may be served.</param>
    /// <param name="code">Why.</param>
    /// <param name="text">ASCII, for whoever looks for the reason on the other side.</param>
    public static void WriteGoAway(PooledBuffer output, int lastStreamId, Http2ErrorCode code, string text)
    {
        Span<byte> payload = Begin(output, 8 + text.Length, Http2FrameType.GoAway, Http2FrameFlags.None, streamId: 0);
        BinaryPrimitives.WriteInt32BigEndian(payload, lastStreamId);
        BinaryPrimitives.WriteUInt32BigEndian(payload[4..], (uint)code);
        Encoding.ASCII.GetBytes(text, payload[8..]);
    }

    public static void WriteData(PooledBuffer output, int streamId, ReadOnlySpan<byte> payload, bool endStream) =>
        payload.CopyTo(Begin(
            output, payload.Length, Http2FrameType.Data, endStream ? Http2FrameFlags.EndStream : Http2FrameFlags.None, streamId));

    /// <summary>Writes a header block as one HEADERS frame and as many CONTINUATION frames as it takes.</summary>
    public static void WriteHeaders(PooledBuffer output, int streamId, ReadOnlySpan<byte> block, bool endStream, int frameBytesMax)
    {
        Http2FrameType type = Http2FrameType.Headers;
        Http2FrameFlags flags = endStream ? Http2FrameFlags.EndStream : Http2FrameFlags.None;
        do
        {
            int count = Math.Min(block.Length, frameBytesMax);
            if (count == block.Length)
            {
                flags |= Http2FrameFlags.EndHeaders;
            }

            block[..count].CopyTo(Begin(output, count, type, flags, streamId));
            block = block[count..];
            type = Http2FrameType.Continuation;
            flags = Http2FrameFlags.None;
        }
        while (!block.IsEmpty);
    }

    private static Span<byte> Begin(PooledBuffer output, int length, Http2FrameType type, Http2FrameFlags flags, int streamId)
    {
        Span<byte> frame = output.GetSpan(Http2FrameHeader.SizeBytes + length)[..(Http2FrameHeader.SizeBytes + length)];
        new Http2FrameHeader(length, type, flags, streamId).Write(frame);
        output.Advance(frame.Length);
        return frame[Http2FrameHeader.SizeBytes..];
    }

    private static void Append(PooledBuffer output, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(output.GetSpan(bytes.Length));
        output.Advance(bytes.Length);
    }

    private static void WriteSetting(Span<byte> settings, int index, ushort id, uint value)
    {
        Span<byte> entry = settings[(index * Http2Settings.EntryBytes)..];
        BinaryPrimitives.WriteUInt16BigEndian(entry, id);
        BinaryPrimitives.WriteUInt32BigEndian(entry[2..], value);
    }
}
