using Etcd.Grpc.Transport.Http2;

namespace Etcd.Grpc.Server.Http2;

/// <summary>What the client may send on a connection and on its streams: given back on a stream as its call looks at what has come, and at once when
/// none will; on the connection as it comes, as long as not much is held. Used under the connection's lock.</summary>
internal sealed class ReceiveWindow(ServerOutput output, RequestMemory memory)
{
    private int _left = ServerLimits.ConnectionWindowBytes;
    private int _uncredited;
    private long _held;
    private long _allowed = RequestMemory.FreeBytes; // what of it the server knows of, and the free part

    /// <summary>Whether the server holds so many request bytes that this connection, which has its share in them, gets no further stream. A client
    /// that has sent little is served all the same.</summary>
    public bool IsFull => _held > ServerLimits.ConnectionWindowBytes && memory.IsOver;

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
    /// <param name="stream">Whose they are.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="padding">And so much padding.</param>
    /// <param name="tick">Tick of the server's clock.</param>
    /// <returns>Whether the server holds too much now, so that room is to be made, outside the lock.</returns>
    public bool Hold(ServerStream stream, int bytes, int padding, int tick)
    {
        if (stream.Held == 0)
        {
            stream.HeldSince = tick;
        }

        stream.Unexamined += bytes;
        stream.Held += bytes;
        stream.Uncredited += padding;
        _held += bytes;
        Credit(padding);
        if (_held <= ServerLimits.RequestBytesAheadMax && (_held <= ServerLimits.ConnectionWindowBytes || !memory.IsOver))
        {
            // Calls that wait, for consensus or to be started, keep no other from sending. The stream's own window bounds what is ahead of its call.
            int ahead = stream.Unexamined - stream.Ahead;
            stream.Ahead += ahead;
            Credit(ahead);
        }

        return _held > _allowed && ReserveMore();
    }

    /// <summary>A call has looked at bytes, and is done with some.</summary>
    public void Taken(ServerStream stream, int examined, int consumed)
    {
        Drop(stream, Math.Min(consumed, stream.Held));
        if (stream.IsOver)
        {
            return;
        }

        Examined(stream, Math.Min(examined, stream.Unexamined));
    }

    /// <summary>A call has ended: what it has not looked at, nobody will, and the client may send the rest of its request all the same.</summary>
    public void Release(ServerStream stream)
    {
        Drop(stream, stream.Held);
        Examined(stream, stream.Unexamined);
    }

    /// <summary>The server has given a request up: its bytes are as good as gone, since its call reads no more of them.</summary>
    public void GiveUp(ServerStream stream) => Drop(stream, stream.Held);

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

    private bool ReserveMore()
    {
        long steps = (_held - _allowed + RequestMemory.StepBytes - 1) / RequestMemory.StepBytes;
        _allowed += steps * RequestMemory.StepBytes;
        return memory.Reserve(steps * RequestMemory.StepBytes);
    }

    private void Drop(ServerStream stream, int bytes)
    {
        stream.Held -= bytes;
        _held -= bytes;

        // A little more than is held is kept, so that calls beside each other do not come and go in the server's account. Nothing is by those at rest.
        long kept = _held == 0 ? RequestMemory.FreeBytes : _held + (2 * RequestMemory.StepBytes);
        if (_allowed > kept)
        {
            long steps = (_allowed - Math.Max(_held, RequestMemory.FreeBytes)) / RequestMemory.StepBytes;
            _allowed -= steps * RequestMemory.StepBytes;
            memory.Release(steps * RequestMemory.StepBytes);
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
