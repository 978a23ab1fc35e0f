using System.Buffers.Binary;
using Etcd.Grpc.Transport.Http2.Hpack;
using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Transport.Http2;

/// <summary>Takes frames from the server in. Used by one reader at a time.</summary>
/// <remarks>Source: RFC 9113. Every length and every stream number is checked before it is used.</remarks>
internal sealed class Http2Receiver(Http2Connection connection) : IDisposable
{
    private readonly HpackDecoder _decoder = new();
    private readonly Http2ResponseHeaders _headers = new();
    private readonly PooledBuffer _fragment = new();
    private int _fragmentStream;
    private bool _fragmentEnds;

    /// <summary>Takes in all whole frames.</summary>
    /// <returns>How many bytes they are.</returns>
    /// <exception cref="Http2ConnectionException">The server broke a rule; the connection cannot go on.</exception>
    public int TakeFrames(ReadOnlySpan<byte> bytes)
    {
        int taken = 0;
        while (bytes.Length - taken >= Http2FrameHeader.SizeBytes)
        {
            Http2FrameHeader frame = Http2FrameHeader.Read(bytes[taken..]);
            if (frame.Length > Http2Settings.DefaultFrameBytesMax)
            {
                throw Wrong(Http2ErrorCode.FrameSizeError, "a frame is too large, or this is no HTTP/2 server");
            }

            if (bytes.Length - taken < Http2FrameHeader.SizeBytes + frame.Length)
            {
                break;
            }

            Take(frame, bytes.Slice(taken + Http2FrameHeader.SizeBytes, frame.Length));
            taken += Http2FrameHeader.SizeBytes + frame.Length;
        }

        return taken;
    }

    public void Dispose()
    {
        _decoder.Dispose();
        _fragment.Dispose();
    }

    private void Take(in Http2FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        if (_fragmentStream != 0 && (frame.Type != Http2FrameType.Continuation || frame.StreamId != _fragmentStream))
        {
            throw Wrong(Http2ErrorCode.ProtocolError, "a header block is interrupted by another frame");
        }

        switch (frame.Type)
        {
            case Http2FrameType.Data:
                TakeData(frame, payload);
                break;
            case Http2FrameType.Headers:
                TakeHeaders(frame, payload);
                break;
            case Http2FrameType.Continuation:
                TakeContinuation(frame, payload);
                break;
            case Http2FrameType.RstStream:
                ExpectLength(payload, 4);
                connection.TakeReset(frame.StreamId, BinaryPrimitives.ReadUInt32BigEndian(payload));
                break;
            case Http2FrameType.Settings:
                TakeSettings(frame, payload);
                break;
            case Http2FrameType.Ping:
                ExpectLength(payload, 8);
                if (!frame.Has(Http2FrameFlags.Ack))
                {
                    connection.AnswerPing(payload);
                }

                break;
            case Http2FrameType.GoAway:
                TakeGoAway(payload);
                break;
            case Http2FrameType.WindowUpdate:
                ExpectLength(payload, 4);
                connection.TakeWindow(frame.StreamId, BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue);
                break;
            case Http2FrameType.PushPromise:
                throw Wrong(Http2ErrorCode.ProtocolError, "the server pushes although it may not");
            default:
                // Priority, and kinds of frames that are no part of the protocol yet: to be ignored.
                break;
        }
    }

    private void TakeData(in Http2FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        Http2Stream? stream = connection.Find(frame.StreamId);
        ReadOnlySpan<byte> data = WithoutPadding(frame, payload);
        connection.CreditConnection(frame.Length);
        if (stream is not null)
        {
            bool ends = frame.Has(Http2FrameFlags.EndStream);
            stream.Receive(data, frame.Length - data.Length, ends);
            connection.Touch(stream, ends);
        }
    }

    private void TakeHeaders(in Http2FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        ReadOnlySpan<byte> block = WithoutPadding(frame, payload);
        if (frame.Has(Http2FrameFlags.Priority))
        {
            const int priorityBytes = 5;
            block = block.Length >= priorityBytes
                ? block[priorityBytes..]
                : throw Wrong(Http2ErrorCode.FrameSizeError, "a HEADERS frame is too short");
        }

        if (frame.Has(Http2FrameFlags.EndHeaders))
        {
            TakeBlock(frame.StreamId, block, frame.Has(Http2FrameFlags.EndStream));
            return;
        }

        _fragmentStream = frame.StreamId;
        _fragmentEnds = frame.Has(Http2FrameFlags.EndStream);
        _fragment.Clear();
        AppendFragment(block);
    }

    private void TakeContinuation(in Http2FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        if (_fragmentStream == 0)
        {
            throw Wrong(Http2ErrorCode.ProtocolError, "a CONTINUATION frame continues nothing");
        }

        AppendFragment(payload);
        if (frame.Has(Http2FrameFlags.EndHeaders))
        {
            _fragmentStream = 0;
            TakeBlock(frame.StreamId, _fragment.WrittenSpan, _fragmentEnds);
        }
    }

    private void AppendFragment(ReadOnlySpan<byte> bytes)
    {
        // CVE-2023-45288: an endless header block must not fill the memory.
        if (_fragment.Count + bytes.Length > Http2Connection.HeaderListBytesMax)
        {
            throw Wrong(Http2ErrorCode.EnhanceYourCalm, "a header block is too large");
        }

        bytes.CopyTo(_fragment.GetSpan(bytes.Length));
        _fragment.Advance(bytes.Length);
    }

    private void TakeBlock(int streamId, ReadOnlySpan<byte> block, bool ends)
    {
        // A block for a stream that is over goes through the decoder all the same: its table must follow the server's.
        Http2Stream? stream = connection.Find(streamId);
        _headers.Begin();
        _decoder.Decode(block, stream is null ? null : _headers);
        if (stream is not null)
        {
            stream.ReceiveHeaders(_headers.Block, ends);
            connection.Touch(stream, ends);
        }
    }

    private void TakeSettings(in Http2FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        if (frame.StreamId != 0 || payload.Length % Http2Settings.EntryBytes != 0)
        {
            throw Wrong(Http2ErrorCode.FrameSizeError, "a SETTINGS frame is malformed");
        }

        if (!frame.Has(Http2FrameFlags.Ack))
        {
            connection.ApplySettings(payload);
        }
    }

    private void TakeGoAway(ReadOnlySpan<byte> payload)
    {
        const int fixedBytes = 8;
        if (payload.Length < fixedBytes)
        {
            throw Wrong(Http2ErrorCode.FrameSizeError, "a GOAWAY frame is too short");
        }

        connection.TakeGoAway(
            BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue,
            BinaryPrimitives.ReadUInt32BigEndian(payload[4..]),
            payload[fixedBytes..]);
    }

    private static ReadOnlySpan<byte> WithoutPadding(in Http2FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        if (!frame.Has(Http2FrameFlags.Padded))
        {
            return payload;
        }

        return payload.IsEmpty || payload[0] >= payload.Length
            ? throw Wrong(Http2ErrorCode.ProtocolError, "a frame is padded beyond its length")
            : payload[1..^payload[0]];
    }

    private static void ExpectLength(ReadOnlySpan<byte> payload, int length)
    {
        if (payload.Length != length)
        {
            throw Wrong(Http2ErrorCode.FrameSizeError, "a frame has a wrong size");
        }
    }

    private static Http2ConnectionException Wrong(Http2ErrorCode code, string what) => new(code, what);
}
