using Etcd.Grpc.Transport.Http2.Hpack;
using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Transport.Http2;

/// <summary>Takes frames in, whichever side sends them: cuts them out of the bytes, strips padding and priority, and joins header blocks. Used by one
/// reader at a time.</summary>
/// <remarks>Source: RFC 9113. Every length is checked before it is used.</remarks>
/// <param name="headerBlockBytesMax">Largest header block taken, as it comes.</param>
/// <param name="sender">Who sends the frames, for the texts of errors.</param>
internal abstract class Http2FrameReceiver(int headerBlockBytesMax, string sender) : IDisposable
{
    private const int PriorityBytes = 5;

    // A block of many small pieces costs more than its bytes say.
    private const int ContinuationsMax = 64;

    private readonly PooledBuffer _fragment = new();
    private int _fragmentStream;
    private int _continuations;
    private bool _fragmentEnds;

    /// <summary>Decodes the header blocks; every block has to pass through it.</summary>
    protected HpackDecoder Decoder { get; } = new();

    /// <summary>Takes in all whole frames.</summary>
    /// <returns>How many bytes they are.</returns>
    /// <exception cref="Http2ConnectionException">The other side broke a rule; the connection cannot go on.</exception>
    public int TakeFrames(ReadOnlySpan<byte> bytes)
    {
        int taken = 0;
        while (bytes.Length - taken >= Http2FrameHeader.SizeBytes)
        {
            Http2FrameHeader frame = Http2FrameHeader.Read(bytes[taken..]);
            if (frame.Length > Http2Settings.DefaultFrameBytesMax)
            {
                throw Wrong(Http2ErrorCode.FrameSizeError, $"a frame is too large, or this is no HTTP/2 {sender}");
            }

            if (bytes.Length - taken < Http2FrameHeader.SizeBytes + frame.Length)
            {
                break;
            }

            TakeFrame(frame, bytes.Slice(taken + Http2FrameHeader.SizeBytes, frame.Length));
            taken += Http2FrameHeader.SizeBytes + frame.Length;
        }

        return taken;
    }

    public void Dispose()
    {
        Decoder.Dispose();
        _fragment.Dispose();
    }

    protected virtual void TakeFrame(in Http2FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        if (_fragmentStream != 0 && (frame.Type != Http2FrameType.Continuation || frame.StreamId != _fragmentStream))
        {
            throw Wrong(Http2ErrorCode.ProtocolError, "a header block is interrupted by another frame");
        }

        switch (frame.Type)
        {
            case Http2FrameType.Data:
                TakeData(frame, WithoutPadding(frame, payload));
                break;
            case Http2FrameType.Headers:
                TakeHeaders(frame, payload);
                break;
            case Http2FrameType.Continuation:
                TakeContinuation(frame, payload);
                break;
            default:
                TakeOther(frame, payload);
                break;
        }
    }

    /// <summary>Takes a part of a body.</summary>
    /// <param name="frame">Its frame, whose length with the padding counts against the windows.</param>
    /// <param name="data">The bytes without padding.</param>
    protected abstract void TakeData(in Http2FrameHeader frame, ReadOnlySpan<byte> data);

    /// <summary>A header block has begun that takes more than one frame.</summary>
    protected virtual void BeginBlock(int streamId)
    {
    }

    /// <summary>Takes a whole header block, not decoded yet.</summary>
    protected abstract void TakeBlock(int streamId, ReadOnlySpan<byte> block, bool ends);

    /// <summary>Takes any other frame.</summary>
    protected abstract void TakeOther(in Http2FrameHeader frame, ReadOnlySpan<byte> payload);

    protected static void ExpectLength(ReadOnlySpan<byte> payload, int length)
    {
        if (payload.Length != length)
        {
            throw Wrong(Http2ErrorCode.FrameSizeError, "a frame has a wrong size");
        }
    }

    protected static Http2ConnectionException Wrong(Http2ErrorCode code, string what) => new(code, what);

    private void TakeHeaders(in Http2FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        ReadOnlySpan<byte> block = WithoutPadding(frame, payload);
        if (frame.Has(Http2FrameFlags.Priority))
        {
            block = block.Length >= PriorityBytes
                ? block[PriorityBytes..]
                : throw Wrong(Http2ErrorCode.FrameSizeError, "a HEADERS frame is too short");
        }

        if (frame.Has(Http2FrameFlags.EndHeaders))
        {
            TakeBlock(frame.StreamId, block, frame.Has(Http2FrameFlags.EndStream));
            return;
        }

        _fragmentStream = frame.StreamId;
        _fragmentEnds = frame.Has(Http2FrameFlags.EndStream);
        _continuations = 0;
        _fragment.Clear();
        BeginBlock(frame.StreamId);
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
        // CVE-2023-45288: an endless header block must not fill the memory, nor keep the reader busy.
        if (_fragment.Count + bytes.Length > headerBlockBytesMax || _continuations++ > ContinuationsMax)
        {
            throw Wrong(Http2ErrorCode.EnhanceYourCalm, "a header block is too large");
        }

        bytes.CopyTo(_fragment.GetSpan(bytes.Length));
        _fragment.Advance(bytes.Length);
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
}
