using System.Buffers.Binary;
using Etcd.Grpc.Transport.Http2;

namespace Etcd.Grpc.Server.Http2;

/// <summary>Takes frames of a client in, and refuses what breaks the protocol. Used by the connection's reader.</summary>
/// <remarks>Source: RFC 9113; in brackets its section.</remarks>
internal sealed class ServerReceiver(ServerConnection connection, ClientFrames frames)
    : Http2FrameReceiver(ServerLimits.HeaderBlockBytesMax, "client")
{
    private readonly TrailerCheck _trailers = new();
    private bool _hasPreface;
    private bool _hasSettings;

    /// <summary>Whether the client has sent its first settings.</summary>
    public bool HasSettings => _hasSettings;

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Takes in all that is whole.</summary>
    /// <returns>How many bytes that is.</returns>
    /// <exception cref="Http2ConnectionException">The client broke a rule; the connection cannot go on.</exception>
    public int Take(ReadOnlySpan<byte> bytes)
    {
        if (_hasPreface)
        {
            return TakeFrames(bytes);
        }

        int count = Math.Min(bytes.Length, Preface.Length);
        if (!bytes[..count].SequenceEqual(Preface[..count]))
        {
            throw Wrong(Http2ErrorCode.ProtocolError, "the connection does not begin with the preface");
        }

        if (count < Preface.Length)
        {
            return 0;
        }

        _hasPreface = true;
        return Preface.Length + TakeFrames(bytes[Preface.Length..]);
    }

    protected override void TakeFrame(in Http2FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        if (!_hasSettings && frame.Type != Http2FrameType.Settings)
        {
            throw Wrong(Http2ErrorCode.ProtocolError, "the client does not begin with SETTINGS"); // [3.4]
        }

        bool isOfAStream = frame.Type is Http2FrameType.Data or Http2FrameType.Headers or Http2FrameType.RstStream
            or Http2FrameType.Continuation or Http2FrameType.Priority;
        bool isOfTheConnection = frame.Type is Http2FrameType.Settings or Http2FrameType.Ping or Http2FrameType.GoAway;
        if ((isOfAStream && frame.StreamId == 0) || (isOfTheConnection && frame.StreamId != 0))
        {
            throw Wrong(Http2ErrorCode.ProtocolError, "a frame is for the wrong stream");
        }

        base.TakeFrame(frame, payload);
    }

    protected override void TakeData(in Http2FrameHeader frame, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty && !frame.Has(Http2FrameFlags.EndStream))
        {
            frames.CountIdleFrame();
        }

        frames.TakeData(frame.StreamId, data, frame.Length, frame.Has(Http2FrameFlags.EndStream));
    }

    protected override void BeginBlock(int streamId) => connection.Time.HeaderBlockBegan();

    protected override void TakeBlock(int streamId, ReadOnlySpan<byte> block, bool ends)
    {
        connection.Time.HeaderBlockEnded();
        if ((streamId & 1) == 0)
        {
            throw Wrong(Http2ErrorCode.ProtocolError, "a client's streams have odd numbers"); // [5.1.1]
        }

        if (!frames.IsNew(streamId))
        {
            _trailers.Begin();
            Decoder.Decode(block, _trailers);
            frames.TakeTrailers(streamId, ends && !_trailers.IsMalformed, _trailers.IsTooLarge, ends);
            return;
        }

        // Refused or not, a block goes through the decoder: its table must follow the client's.
        ServerStream? stream = frames.Open(streamId, out Http2ErrorCode refusal);
        if (stream is null)
        {
            Decoder.Decode(block, sink: null);
            frames.Refuse(streamId, refusal);
            return;
        }

        stream.Head.Begin();
        Decoder.Decode(block, stream.Head);
        stream.Head.End();
        frames.TakeHead(stream, ends);
    }

    protected override void TakeOther(in Http2FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        switch (frame.Type)
        {
            case Http2FrameType.RstStream:
                ExpectLength(payload, 4);
                frames.TakeReset(frame.StreamId);
                break;
            case Http2FrameType.Settings:
                TakeSettings(frame, payload);
                break;
            case Http2FrameType.Ping:
                ExpectLength(payload, 8);
                frames.TakePing(payload, frame.Has(Http2FrameFlags.Ack));
                break;
            case Http2FrameType.GoAway:
                // The client opens no more streams by itself; those in progress go on.
                if (payload.Length < 8)
                {
                    throw Wrong(Http2ErrorCode.FrameSizeError, "a GOAWAY frame is too short");
                }

                frames.CountIdleFrame();
                break;
            case Http2FrameType.WindowUpdate:
                ExpectLength(payload, 4);
                frames.CountIdleFrame();
                frames.TakeWindow(frame.StreamId, BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue);
                break;
            case Http2FrameType.PushPromise:
                throw Wrong(Http2ErrorCode.ProtocolError, "a client cannot push"); // [8.4]
            case Http2FrameType.Priority:
                frames.CountIdleFrame();
                if (payload.Length != 5)
                {
                    throw Wrong(Http2ErrorCode.FrameSizeError, "a PRIORITY frame has a wrong size");
                }

                break;
            default:
                // Kinds of frames that are no part of the protocol yet: to be ignored. [5.5]
                frames.CountIdleFrame();
                break;
        }
    }

    private void TakeSettings(in Http2FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        frames.CountIdleFrame();
        bool isAck = frame.Has(Http2FrameFlags.Ack);
        if (payload.Length % Http2Settings.EntryBytes != 0 || (isAck && !payload.IsEmpty))
        {
            throw Wrong(Http2ErrorCode.FrameSizeError, "a SETTINGS frame is malformed");
        }

        if (isAck)
        {
            return;
        }

        _hasSettings = true;
        frames.TakeSettings(payload);
    }
}
