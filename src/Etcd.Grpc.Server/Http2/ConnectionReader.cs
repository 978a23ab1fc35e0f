using System.Buffers;
using System.Net.Sockets;
using Etcd.Grpc.Transport.Http2;

namespace Etcd.Grpc.Server.Http2;

/// <summary>Reads a connection, in one of two ways: on threads of the pool, which the socket wakes, or on a thread of its own that waits in the read
/// itself. The second way saves two hand-overs a call and is for a few busy connections whose calls come one at a time.</summary>
/// <remarks>A call that comes alone runs on the reading thread in both ways. <see cref="ReaderWatch"/> gives the reading to another thread when that takes
/// long.</remarks>
internal sealed class ConnectionReader(ServerConnection connection, Socket socket, ServerOutput output, ReaderWatch watch) : IThreadPoolWorkItem
{
    private const int BufferBytes = 32 * 1024;

    // A connection is worth a thread while lone calls outweigh the others.
    private const int LoneCallsForThread = 16;
    private const int LoneCallsMax = 32;
    private static readonly TimeSpan ThreadIdleMax = TimeSpan.FromMilliseconds(200);

    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private int _loneCalls;
    private long _discarded;
    private ReadTurn _turn = new();

    private enum After
    {
        ReadOn,
        BufferWasFull,
        Over,
    }

    /// <summary>Begins to read, on a thread of the pool.</summary>
    public void Start() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    /// <summary>Reads on a thread of the pool.</summary>
    public void Execute() => _ = ReadFromPoolAsync(Volatile.Read(ref _turn));

    /// <summary>Gives the reading to another thread if its holder has been running a call since <paramref name="latest"/> or longer.</summary>
    public void TakeAwayIfStuck(long latest)
    {
        if (Volatile.Read(ref _turn).TryTakeAway(latest))
        {
            Volatile.Write(ref _turn, new ReadTurn());
            Start();
        }
    }

    private async Task ReadFromPoolAsync(ReadTurn turn)
    {
        try
        {
            while (true)
            {
                // No buffer is held while nothing comes.
                await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None).ConfigureAwait(false);
                After after = ReadAvailable(turn, keepsBuffer: false);
                if (after == After.Over)
                {
                    return;
                }

                if (_loneCalls >= LoneCallsForThread && watch.TryTakeThread())
                {
                    var thread = new Thread(() => ReadOnThread(turn)) { IsBackground = true, Name = "etcd client connection" };
                    thread.UnsafeStart();
                    return;
                }
            }
        }
        catch (Exception failure)
        {
            // Whatever it is, no call may hang on a connection that nobody reads.
            connection.Close(failure.Message);
        }
    }

    private void ReadOnThread(ReadTurn turn)
    {
        try
        {
            while (true)
            {
                if (!socket.Poll(ThreadIdleMax, SelectMode.SelectRead) || _loneCalls == 0)
                {
                    _loneCalls = 0;
                    ReleaseBufferIfEmpty();
                    Start();
                    return;
                }

                if (ReadAvailable(turn, keepsBuffer: true) == After.Over)
                {
                    return;
                }
            }
        }
        catch (Exception failure)
        {
            connection.Close(failure.Message);
        }
        finally
        {
            watch.ReturnThread();
        }
    }

    /// <summary>Takes in what has arrived, and serves it.</summary>
    private After ReadAvailable(ReadTurn turn, bool keepsBuffer)
    {
        After after;
        do
        {
            after = ReadOnce(turn, keepsBuffer);
        }
        while (after == After.BufferWasFull);
        return after;
    }

    private After ReadOnce(ReadTurn turn, bool keepsBuffer)
    {
        if (_buffer.Length == 0)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        }

        int count = socket.Receive(_buffer.AsSpan(_end), SocketFlags.None, out SocketError error);
        if (error == SocketError.WouldBlock)
        {
            return After.ReadOn;
        }

        if (error != SocketError.Success || count == 0)
        {
            connection.Close(count == 0 && error == SocketError.Success ? "the client has closed the connection" : $"receiving failed: {error}");
            return After.Over;
        }

        _end += count;
        bool wasFull = _end == _buffer.Length;
        if (connection.IsEnding)
        {
            return Discard(count) ? (wasFull ? After.BufferWasFull : After.ReadOn) : After.Over;
        }

        connection.Time.Heard();
        TakeFrames();
        ServerStream? lone = connection.Starter.StartArrived();
        if (!keepsBuffer)
        {
            ReleaseBufferIfEmpty();
        }

        if (lone is null)
        {
            _loneCalls = Math.Max(_loneCalls - connection.Starter.StartedLast, 0);
            connection.Flush();
            return wasFull ? After.BufferWasFull : After.ReadOn;
        }

        // What other calls wait for is not to wait for this one.
        connection.Flush();
        bool isStillReader = RunHere(lone, turn);
        connection.Flush();
        return !isStillReader ? After.Over : wasFull ? After.BufferWasFull : After.ReadOn;
    }

    private bool RunHere(ServerStream call, ReadTurn turn)
    {
        _loneCalls = Math.Min(_loneCalls + 1, LoneCallsMax);
        watch.BeginCall(turn);
        connection.Run(call);
        return turn.EndCall();
    }

    private void TakeFrames()
    {
        // What one read calls for leaves in one piece.
        output.IsHeld = true;
        int taken = 0;
        try
        {
            taken = connection.Receiver.Take(_buffer.AsSpan(_start, _end - _start));
        }
        catch (Http2ConnectionException violation)
        {
            connection.GiveUp(violation.Code, violation.Message);
            taken = _end - _start;
        }
        finally
        {
            output.IsHeld = false;
        }

        if (connection.IsEnding)
        {
            taken = _end - _start;
        }

        // A frame is at most half of the buffer, so that there is always room for the rest of one.
        _start += taken;
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
    }

    private bool Discard(int count)
    {
        _start = _end = 0;
        _discarded += count;
        if (_discarded <= ServerLimits.DiscardedBytesMax)
        {
            return true;
        }

        connection.Close("the client goes on after it was told to go");
        return false;
    }

    private void ReleaseBufferIfEmpty()
    {
        if (_end == 0 && _buffer.Length > 0)
        {
            byte[] buffer = _buffer;
            _buffer = [];
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
