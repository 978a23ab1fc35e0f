using System.Buffers.Binary;

namespace Etcd.Grpc.Transport.Http2;

/// <summary>Takes frames from the server in.</summary>
/// <remarks>Source: RFC 9113. Every stream number is checked before it is used.</remarks>
internal sealed class Http2Receiver(Http2Connection connection) : Http2FrameReceiver(Http2Connection.HeaderListBytesMax, "server")
{
    private readonly Http2ResponseHeaders _headers = new();

    protected override void TakeOther(in Http2FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        switch (frame.Type)
        {
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

    protected override void TakeData(in Http2FrameHeader frame, ReadOnlySpan<byte> data)
    {
        Http2Stream? stream = connection.Find(frame.StreamId);
        connection.CreditConnection(frame.Length);
        if (stream is not null)
        {
            bool ends = frame.Has(Http2FrameFlags.EndStream);
            stream.Receive(data, frame.Length - data.Length, ends);
            connection.Touch(stream, ends);
        }
    }

    protected override void TakeBlock(int streamId, ReadOnlySpan<byte> block, bool ends)
    {
        // A block for a stream that is over goes through the decoder all the same: its table must follow the server's.
        Http2Stream? stream = connection.Find(streamId);
        _headers.Begin();
        Decoder.Decode(block, stream is null ? null : _headers);
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
}
