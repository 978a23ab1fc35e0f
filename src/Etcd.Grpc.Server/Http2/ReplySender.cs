using Etcd.Grpc.Transport.Http2;
using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Server.Http2;

/// <summary>Brings replies into the output of a connection: heads and ends at once, bodies as the client's windows and the output have room, the
/// streams in turn. Used under the connection's lock.</summary>
internal sealed class ReplySender(ServerConnection connection, ServerOutput output, FloodGuard floods)
{
    private const int DeadQueuedMax = 64;

    private readonly Queue<ServerStream> _queue = new();
    private int _deadQueued;
    private long _window = Http2Settings.DefaultWindowBytes;
    private long _held;
    private bool _isUnread;
    private bool _isClosed;

    public ReplyHeaders Headers { get; } = new();

    /// <summary>Whether more waits for the client than the server likes to keep. Any thread.</summary>
    /// <remarks>That the output is full of bodies says nothing of it: so it is for as long as a large reply flows.</remarks>
    public bool IsCongested =>
        !Volatile.Read(ref _isClosed) && (Volatile.Read(ref _held) > ServerLimits.ReplyBytesHeldMax || Volatile.Read(ref _isUnread));

    /// <summary>Whether heads and ends of replies alone gather because the client does not read. Any thread.</summary>
    public bool IsUnread => !Volatile.Read(ref _isClosed) && Volatile.Read(ref _isUnread);

    /// <summary>The client opens the connection's window.</summary>
    /// <exception cref="Http2ConnectionException">Too far.</exception>
    public void Widen(int increment) => _window = _window + increment <= int.MaxValue
        ? _window + increment
        : throw new Http2ConnectionException(Http2ErrorCode.FlowControlError, "the client opened the connection's window too far");

    /// <summary>Takes what a call has written so far, and the head before it.</summary>
    public void Take(ServerStream stream)
    {
        GiveOver(stream);
        WriteHead(stream);
        Queue(stream);
    }

    /// <summary>Takes the rest of what a call has written, and its status.</summary>
    public void TakeLast(ServerStream stream)
    {
        GiveOver(stream);
        if (stream.Output.Waiting == 0)
        {
            WriteEnd(stream);
            return;
        }

        WriteHead(stream);
        Queue(stream);
        Fill();
        if (!stream.IsOver && !stream.LocalEnded)
        {
            // The call's own metadata is not there any more when the body has left.
            ReplyHeaders.EncodeStatus(stream.DelayedStatus ??= new PooledBuffer(), stream.Call.Status);
            stream.ChargedBytes = ServerLimits.WaitingStreamBytes;
            Volatile.Write(ref _held, _held + stream.ChargedBytes);
        }
    }

    /// <summary>Notes that a stream may have something to send.</summary>
    public void Queue(ServerStream stream)
    {
        if (!stream.IsQueued && !stream.IsOver && stream.SendWindow > 0 && stream.Output.Waiting > 0)
        {
            stream.IsQueued = true;
            _queue.Enqueue(stream);
        }
    }

    /// <summary>Moves bodies into the output, a frame of each stream in turn.</summary>
    public void Fill()
    {
        while (_queue.Count > 0 && _window > 0 && output.Buffer.Count < ServerLimits.OutputBytesMax)
        {
            ServerStream stream = _queue.Dequeue();
            stream.IsQueued = false;
            _deadQueued -= stream.IsOver ? 1 : 0;
            if (!stream.IsOver && stream.SendWindow > 0 && stream.Output.Waiting > 0)
            {
                WriteFrame(stream);
            }
        }

        // Bodies stop at the first bound, give or take a frame.
        Volatile.Write(ref _isUnread, output.Buffer.Count >= 2 * ServerLimits.OutputBytesMax);
    }

    /// <summary>Drops what waits of a stream that is over.</summary>
    public void Drop(ServerStream stream)
    {
        Volatile.Write(ref _held, _held - stream.Output.Drop() - stream.ChargedBytes);
        stream.ChargedBytes = 0;
        stream.Output.Wake();
        if (stream.IsQueued && ++_deadQueued > DeadQueuedMax + (_queue.Count / 2))
        {
            // Nothing is sent while the client keeps its window closed, and it may go on to call and to reset.
            DropDead();
        }
    }

    /// <summary>The connection is over: nothing waits for the client any more.</summary>
    public void Close() => Volatile.Write(ref _isClosed, true);

    private void DropDead()
    {
        for (int left = _queue.Count; left > 0; left--)
        {
            ServerStream stream = _queue.Dequeue();
            stream.IsQueued = !stream.IsOver;
            if (stream.IsQueued)
            {
                _queue.Enqueue(stream);
            }
        }

        _deadQueued = 0;
    }

    private void GiveOver(ServerStream stream) => Volatile.Write(ref _held, _held + stream.Output.GiveOver());

    private void WriteFrame(ServerStream stream)
    {
        int most = (int)Math.Min(Http2Settings.DefaultFrameBytesMax, Math.Min(stream.SendWindow, _window));
        ReadOnlySpan<byte> bytes = stream.Output.Peek(most);
        Http2FrameWriter.WriteData(output.Buffer, stream.Id, bytes, endStream: false);
        stream.SendWindow -= bytes.Length;
        _window -= bytes.Length;
        Volatile.Write(ref _held, _held - bytes.Length);
        stream.Output.Sent(bytes.Length);
        floods.Earn();
        connection.Pings?.Sent();
        if (stream.Output.Waiting <= ServerLimits.StreamReplyBytesLow)
        {
            stream.Output.Wake();
        }

        if (stream.Output.Waiting == 0 && stream.IsAnswered)
        {
            WriteEnd(stream);
        }
        else
        {
            Queue(stream);
        }
    }

    private void WriteHead(ServerStream stream)
    {
        if (stream.HeadSent)
        {
            return;
        }

        stream.HeadSent = true;
        Headers.Begin();
        Headers.AddHead(stream.Call.Head);
        Http2FrameWriter.WriteHeaders(output.Buffer, stream.Id, Headers.End(), endStream: false, Http2Settings.DefaultFrameBytesMax);
        connection.Pings?.Sent();
    }

    private void WriteEnd(ServerStream stream)
    {
        Headers.Begin();
        if (!stream.HeadSent)
        {
            stream.HeadSent = true;
            Headers.AddHead(stream.Call.Head);
        }

        if (stream.DelayedStatus is { Count: > 0 } encoded)
        {
            Headers.AddEncoded(encoded.WrittenSpan);
        }
        else
        {
            Headers.AddStatus(stream.Call.Status);
        }

        Http2FrameWriter.WriteHeaders(output.Buffer, stream.Id, Headers.End(), endStream: true, Http2Settings.DefaultFrameBytesMax);
        stream.LocalEnded = true;
        if (stream.ChargedBytes > 0)
        {
            Volatile.Write(ref _held, _held - stream.ChargedBytes);
            stream.ChargedBytes = 0;
        }

        connection.Pings?.Sent();
        connection.Ended(stream);
    }
}
