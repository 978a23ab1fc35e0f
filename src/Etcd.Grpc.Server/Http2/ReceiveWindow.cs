using Etcd.Grpc.Transport.Http2;

namespace Etcd.Grpc.Server.Http2;

/// <summary>What the client may send on a connection and on its streams: given back on a stream as its call looks at what has come, and at once when
/// none will; on the connection as it comes, as long as not much is held. Used under the connection's lock.</summary>
internal sealed class ReceiveWindow(ServerOutput output)
{
    private int _left = ServerLimits.ConnectionWindowBytes;
    private int _uncredited;
    private long _held;

    /// <summary>Whether so many requests are held in part that no further stream is taken. Those that are open must go on: only their end makes
    /// room.</summary>
    public bool IsFull => _held > ServerLimits.RequestBytesHeldMax;

    /// <summary>Counts a frame against the connection's window.</summary>
    /// <exception cref="Http2ConnectionException">It is beyond it.</exception>
    public void Take(int bytes)
    {
        _left -= bytes;
        if (_left < 0)
        {
            throw new Http2ConnectionException(Http2ErrorCode.FlowControlError, "the client sent more than the connection's window");
        }
    }

    /// <summary>Bytes have come that a call will look at, and padding with them.</summary>
    public void Hold(ServerStream stream, int bytes, int padding)
    {
        stream.Unexamined += bytes;
        stream.Held += bytes;
        stream.Uncredited += padding;
        _held += bytes;
        Credit(padding);
        if (_held <= ServerLimits.RequestBytesAheadMax)
        {
            // Calls that wait, for consensus or to be started, keep no other from sending. The stream's own window bounds what is ahead of its call.
            int ahead = stream.Unexamined - stream.Ahead;
            stream.Ahead += ahead;
            Credit(ahead);
        }
    }

    /// <summary>A call has looked at bytes, and is done with some.</summary>
    public void Taken(ServerStream stream, int examined, int consumed)
    {
        int released = Math.Min(consumed, stream.Held);
        stream.Held -= released;
        _held -= released;
        if (stream.IsOver)
        {
            return;
        }

        Examined(stream, Math.Min(examined, stream.Unexamined));
    }

    /// <summary>A call has ended: what it has not looked at, nobody will, and the client may send the rest of its request all the same.</summary>
    public void Release(ServerStream stream)
    {
        _held -= stream.Held;
        stream.Held = 0;
        Examined(stream, stream.Unexamined);
    }

    /// <summary>Bytes have come for a call that has ended.</summary>
    public void Discard(ServerStream stream, int bytes)
    {
        stream.Discarded += bytes;
        Credit(bytes);
        if (stream.Discarded <= ServerLimits.UnendedBytesMax)
        {
            // Beyond that the stream is reset, as soon as its reply has left.
            CreditStream(stream, bytes);
        }
    }

    /// <summary>What has come for a call is room on the connection again, though the call has not looked at it.</summary>
    public void Forgo(ServerStream stream)
    {
        int bytes = stream.Unexamined - stream.Ahead;
        stream.Unexamined = 0;
        stream.Ahead = 0;
        Credit(bytes);
    }

    /// <summary>Gives the client room for as many bytes on the connection, in time.</summary>
    public void Credit(int bytes)
    {
        _uncredited += bytes;
        if (_uncredited >= ServerLimits.ConnectionWindowBytes / 2)
        {
            CreditNow();
        }
    }

    /// <summary>Gives the client at once what it is to be given in time.</summary>
    public void CreditNow()
    {
        if (_uncredited > 0)
        {
            Http2FrameWriter.WriteWindowUpdate(output.Buffer, streamId: 0, _uncredited);
            _left += _uncredited;
            _uncredited = 0;
        }
    }

    private void Examined(ServerStream stream, int bytes)
    {
        int ahead = Math.Min(bytes, stream.Ahead);
        stream.Unexamined -= bytes;
        stream.Ahead -= ahead;
        Credit(bytes - ahead);
        CreditStream(stream, bytes);
    }

    private void CreditStream(ServerStream stream, int bytes)
    {
        stream.Uncredited += bytes;
        if (stream.Uncredited >= ServerLimits.StreamWindowBytes / 2 && !stream.RemoteEnded && !stream.IsOver)
        {
            Http2FrameWriter.WriteWindowUpdate(output.Buffer, stream.Id, stream.Uncredited);
            stream.ReceiveWindow += stream.Uncredited;
            stream.Uncredited = 0;
        }
    }
}
