using System.Buffers.Binary;
using Etcd.Grpc.Transport.Http2;

namespace Etcd.Grpc.Server.Http2;

/// <summary>What the frames of a client do to its connection. Used by the connection's reader.</summary>
internal sealed class ClientFrames(
    ServerConnection connection, Lock gate, ServerOutput output, StreamTable streams, ReceiveWindow received, ReplySender replies, FloodGuard floods)
{
    // A setting that moves the windows of all streams counts for the work it makes, but never for so much that a client with very many streams, whose
    // windows grow a few times as it learns its way to the server, would be taken for an attacker.
    private const int StreamsPerIdleFrame = 64;
    private const int WalkIdleFramesMax = FloodGuard.IdleFramesMax / 16;

    /// <summary>A frame that carries nothing came.</summary>
    /// <exception cref="Http2ConnectionException">It was one too many.</exception>
    public void CountIdleFrame()
    {
        bool isFlood;
        lock (gate)
        {
            isFlood = floods.IsFlood();
        }

        if (isFlood)
        {
            throw new Http2ConnectionException(Http2ErrorCode.EnhanceYourCalm, "too many frames without content");
        }
    }

    /// <summary>Whether a header block opens a stream, rather than ending the request of one.</summary>
    public bool IsNew(int streamId) => streamId > streams.LastId;

    /// <summary>Opens a stream.</summary>
    /// <returns><see langword="null"/> when the server takes it not.</returns>
    public ServerStream? Open(int streamId, out Http2ErrorCode refusal)
    {
        lock (gate)
        {
            if (streams.IsDraining || connection.IsClosed)
            {
                // The client was told which stream is the last: about those beyond, nothing is said.
                refusal = Http2ErrorCode.NoError;
                return null;
            }

            refusal = Http2ErrorCode.RefusedStream;
            ServerStream? stream = streams.Open(streamId);
            if (stream is not null)
            {
                stream.OpenedAt = floods.Now;
                floods.Earn();
            }

            return stream;
        }
    }

    /// <summary>Answers a header block that opens no stream.</summary>
    public void Refuse(int streamId, Http2ErrorCode refusal)
    {
        CountIdleFrame();
        if (refusal != Http2ErrorCode.NoError)
        {
            lock (gate)
            {
                Http2FrameWriter.WriteReset(output.Buffer, streamId, refusal);
                streams.NoteReset(streamId);
                CountAnswer(payloadBytes: 4);
            }
        }
    }

    /// <summary>The headers of a new stream are there.</summary>
    public void TakeHead(ServerStream stream, bool ends)
    {
        RequestHead head = stream.Head;
        if (head.IsTooLarge || head.IsMalformed || (ends && head.ContentLength > 0))
        {
            // The code for too many headers is the one of grpc-go.
            Reject(stream, head.IsTooLarge ? Http2ErrorCode.FrameSizeError : Http2ErrorCode.ProtocolError);
            return;
        }

        if (ends)
        {
            stream.RemoteEnded = true;
            stream.Input.Add(default, ends: true);
        }

        stream.Call.Begin();
        connection.CallTaken(stream);
        connection.Starter.Add(stream);
    }

    /// <summary>A part of a request's body is there.</summary>
    /// <param name="streamId">The stream.</param>
    /// <param name="data">The bytes.</param>
    /// <param name="windowBytes">What they count against the windows, padding included.</param>
    /// <param name="ends">Whether it is the last.</param>
    public void TakeData(int streamId, ReadOnlySpan<byte> data, int windowBytes, bool ends)
    {
        ServerStream? stream;
        Http2ErrorCode? wrong = null;
        bool isTooMuch = false;
        lock (gate)
        {
            received.Take(windowBytes);
            stream = streams.Find(streamId);
            if (stream is null && streamId > streams.LastId)
            {
                // The client was told that the server takes it not.
                received.Credit(windowBytes);
                return;
            }

            if (stream is null && streams.WasReset(streamId))
            {
                // It was on its way when the server reset the stream. [5.1]
                received.Credit(windowBytes);
                CountIdleFrame();
                return;
            }

            if (stream is null || stream.RemoteEnded)
            {
                wrong = Http2ErrorCode.StreamClosed;
            }
            else
            {
                stream.ReceiveWindow -= windowBytes;
                stream.ReceivedBytes += data.Length;
                long announced = stream.Head.ContentLength;
                wrong = stream.ReceiveWindow < 0 ? Http2ErrorCode.FlowControlError
                    : announced >= 0 && (stream.ReceivedBytes > announced || (ends && stream.ReceivedBytes != announced)) ? Http2ErrorCode.ProtocolError
                    : null;
                stream.RemoteEnded = ends;
            }

            if (wrong is not null)
            {
                received.Credit(windowBytes);
            }
            else if (stream!.IsAnswered)
            {
                received.Discard(stream, windowBytes);
                if (ends)
                {
                    // A client that has had its reply for long may see that all is over only when something comes: curl 7.88 waits without end.
                    received.CreditNow();
                }
            }
            else
            {
                isTooMuch = received.Hold(stream, data.Length, windowBytes - data.Length, connection.Tick);
            }
        }

        if (wrong is { } code)
        {
            CountIdleFrame();
            Reject(streamId, stream, code);
        }
        else if (stream!.IsAnswered)
        {
            RetireIfDone(stream);
        }
        else
        {
            stream.Input.Add(data, ends);
            if (isTooMuch)
            {
                connection.MakeRoom();
            }
        }
    }

    /// <summary>Headers behind a request's body are there.</summary>
    /// <param name="streamId">The stream.</param>
    /// <param name="isWellFormed">Whether they break no rule.</param>
    /// <param name="isTooLarge">Whether they are more than the server takes.</param>
    /// <param name="ends">Whether they end the request, as they must.</param>
    public void TakeTrailers(int streamId, bool isWellFormed, bool isTooLarge, bool ends)
    {
        ServerStream? stream;
        lock (gate)
        {
            stream = streams.Find(streamId);
            if (stream is null && (isWellFormed || streams.WasReset(streamId)))
            {
                // They were on their way when the server reset the stream, of late or so many resets ago that it remembers no more. A request's head
                // on an old number is none of these: it has pseudo-headers. [5.1]
                CountIdleFrame();
                return;
            }

            if (stream is null || stream.RemoteEnded)
            {
                throw new Http2ConnectionException(Http2ErrorCode.StreamClosed, "headers came for a stream that is closed"); // RFC 9113, section 5.1
            }

            stream.RemoteEnded = ends;
        }

        if (isTooLarge || !isWellFormed || (stream.Head.ContentLength >= 0 && stream.Head.ContentLength != stream.ReceivedBytes))
        {
            Reject(streamId, stream, isTooLarge ? Http2ErrorCode.FrameSizeError : Http2ErrorCode.ProtocolError);
        }
        else if (stream.IsAnswered)
        {
            RetireIfDone(stream);
        }
        else
        {
            stream.Input.Add(default, ends: true);
        }
    }

    /// <summary>The client resets a stream.</summary>
    public void TakeReset(int streamId)
    {
        ServerStream? stream;
        bool isFlood;
        lock (gate)
        {
            stream = streams.Find(streamId);
            isFlood = stream is null ? floods.IsFlood() : !stream.IsAnswered && floods.IsResetFlood(stream.OpenedAt);
            if (stream is not null)
            {
                streams.Retire(stream);
            }
        }

        stream?.Abort(new IOException("the client has reset the stream"));
        connection.CloseIfDone();
        if (isFlood)
        {
            throw new Http2ConnectionException(Http2ErrorCode.EnhanceYourCalm, "too many calls were reset");
        }
    }

    /// <summary>The client announces settings.</summary>
    /// <exception cref="Http2ConnectionException">One of them is wrong, or they are too many.</exception>
    public void TakeSettings(ReadOnlySpan<byte> payload)
    {
        // One frame has room for thousands of windows. Only the last of them stays, and each moves all streams from where they began: the largest
        // tells whether any was moved too far on the way.
        int entries = payload.Length / Http2Settings.EntryBytes;
        uint? window = null;
        uint largestWindow = 0;
        lock (gate)
        {
            for (; !payload.IsEmpty; payload = payload[Http2Settings.EntryBytes..])
            {
                ushort setting = BinaryPrimitives.ReadUInt16BigEndian(payload);
                uint value = BinaryPrimitives.ReadUInt32BigEndian(payload[2..]);
                if (setting == Http2Settings.InitialWindowSize)
                {
                    window = value;
                    largestWindow = Math.Max(largestWindow, value);
                }
                else
                {
                    Apply(setting, value);
                }
            }

            int walked = 0;
            if (window is { } bytes)
            {
                walked = Math.Min(streams.Count / StreamsPerIdleFrame, WalkIdleFramesMax);
                streams.SetSendWindow(bytes, largestWindow);
            }

            if (floods.IsFlood(entries + walked))
            {
                throw new Http2ConnectionException(Http2ErrorCode.EnhanceYourCalm, "too many settings");
            }

            Http2FrameWriter.WriteSettingsAck(output.Buffer);
            CountAnswer(payloadBytes: 0);
            replies.Fill();
        }
    }

    /// <summary>The client asks for a sign of life, or gives one.</summary>
    public void TakePing(ReadOnlySpan<byte> payload, bool isAck)
    {
        CountIdleFrame();
        if (isAck)
        {
            return;
        }

        if (connection.Pings?.IsTooMuch() == true)
        {
            // No last stream is named: none that the server has seen is refused.
            connection.GiveUp(Http2ErrorCode.EnhanceYourCalm, "too_many_pings", int.MaxValue);
            return;
        }

        lock (gate)
        {
            Http2FrameWriter.WritePing(output.Buffer, payload, isAck: true);
            CountAnswer(payloadBytes: 8);
        }
    }

    /// <summary>The client opens a window.</summary>
    public void TakeWindow(int streamId, int increment)
    {
        ServerStream? stream = null;
        Http2ErrorCode? wrong = null;
        lock (gate)
        {
            if (streamId == 0)
            {
                if (increment == 0)
                {
                    throw new Http2ConnectionException(Http2ErrorCode.ProtocolError, "the client opens a window by nothing");
                }

                replies.Widen(increment);
            }
            else if ((stream = streams.Find(streamId)) is not null)
            {
                wrong = increment == 0 ? Http2ErrorCode.ProtocolError
                    : stream.SendWindow + increment > int.MaxValue ? Http2ErrorCode.FlowControlError
                    : null;
                if (wrong is null)
                {
                    stream.SendWindow += increment;
                    replies.Queue(stream);
                }
            }

            replies.Fill();
        }

        if (wrong is { } code)
        {
            Reject(streamId, stream, code);
        }
    }

    private void Apply(ushort setting, uint value)
    {
        switch (setting)
        {
            case Http2Settings.HeaderTableSize:
                replies.Headers.Hpack.SetTableSize(value);
                break;
            case Http2Settings.EnablePush when value > 1:
                throw new Http2ConnectionException(Http2ErrorCode.ProtocolError, "the client's setting of pushes is neither 0 nor 1");
            case Http2Settings.MaxFrameSize when value is < Http2Settings.DefaultFrameBytesMax or > Http2Settings.LargestFrameBytesMax:
                throw new Http2ConnectionException(Http2ErrorCode.ProtocolError, "the client's largest frame is out of range");
            default:
                // What else there is limits requests of the server's, which makes none; and larger frames would be no faster.
                break;
        }
    }

    private void Reject(int streamId, ServerStream? stream, Http2ErrorCode code)
    {
        lock (gate)
        {
            Http2FrameWriter.WriteReset(output.Buffer, streamId, code);
            CountAnswer(payloadBytes: 4);
            if (stream is { IsOver: false } && stream.Id == streamId)
            {
                streams.NoteReset(streamId);
                streams.Retire(stream);
            }
            else
            {
                stream = null;
            }
        }

        stream?.Abort(new IOException("the client broke the protocol on the stream"));
        connection.CloseIfDone();
    }

    /// <summary>Rejects a stream whose call was not started.</summary>
    private void Reject(ServerStream stream, Http2ErrorCode code)
    {
        CountIdleFrame();
        lock (gate)
        {
            Http2FrameWriter.WriteReset(output.Buffer, stream.Id, code);
            CountAnswer(payloadBytes: 4);
            stream.IsAnswered = true;
            streams.NoteReset(stream.Id);
            streams.Retire(stream);
        }
    }

    private void RetireIfDone(ServerStream stream)
    {
        lock (gate)
        {
            if (stream.LocalEnded)
            {
                streams.Ended(stream);
            }
        }

        connection.CloseIfDone();
    }

    /// <summary>Answers that the client does not read must not gather without end; under the lock.</summary>
    private void CountAnswer(int payloadBytes)
    {
        output.NoteAnswer(Http2FrameHeader.SizeBytes + payloadBytes);
        if (output.WaitingAnswerBytes > ServerLimits.AnswerBytesMax)
        {
            throw new Http2ConnectionException(Http2ErrorCode.EnhanceYourCalm, "the client asks and does not read");
        }
    }
}
