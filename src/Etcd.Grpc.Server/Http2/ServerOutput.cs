using System.Net.Sockets;
using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Server.Http2;

/// <summary>The output of a connection: any thread appends frames under the connection's lock, and whoever finds nobody sending sends all that
/// has gathered, without waiting: what the socket does not take at once is sent from the pool, as soon as there is room.</summary>
internal sealed class ServerOutput(Socket socket, ServerConnection connection, Lock gate) : IThreadPoolWorkItem, IDisposable
{
    // A thread that completes calls has others to complete, and is not to copy megabytes of one reply.
    private const long SentAtOnceMax = 256 * 1024;

    // More than this fills packets by itself.
    private const int LeftBytesMax = 16 * 1024;

    private readonly LeftSend _left = new(connection);
    private PooledBuffer _gathering = new();
    private PooledBuffer _sending = new();
    private int _answerBytes; // of those gathering
    private bool _isSending;
    private bool _isHeld;
    private bool _isClosed;

    /// <summary>Takes frames; only under the lock.</summary>
    public PooledBuffer Buffer => _gathering;

    /// <summary>Whether nothing waits to be sent and nobody sends. Under the lock.</summary>
    public bool IsIdle => !_isSending && _gathering.Count == 0;

    /// <summary>How much of what waits behind what is being sent are answers to what the client does at no cost of its own. Under the lock.</summary>
    public int WaitingAnswerBytes => _isSending ? _answerBytes : 0;

    /// <summary>Lets frames gather, or no longer. Only by the connection's reader.</summary>
    public bool IsHeld
    {
        get => Volatile.Read(ref _isHeld);
        set => Volatile.Write(ref _isHeld, value);
    }

    /// <summary>Claims the right to send what has gathered. Under the lock; who gets it calls <see cref="SendAll"/> outside it.</summary>
    public bool TryBegin()
    {
        if (_isSending || _isHeld || _isClosed || _gathering.Count == 0)
        {
            return false;
        }

        _isSending = true;
        SwapBuffers();
        return true;
    }

    /// <summary>As <see cref="TryBegin"/>, but leaves it to a work item of the pool while there are others to run: where calls complete by the dozen, what
    /// they write goes out together, for a system call costs more than the call.</summary>
    public bool TryBeginOrLeave()
    {
        if (!_isHeld && !_isSending && !_isClosed && _gathering.Count is > 0 and < LeftBytesMax && ThreadPool.PendingWorkItemCount > 0)
        {
            _left.Queue();
            return false;
        }

        return TryBegin();
    }

    /// <summary>Notes that as many of the gathered bytes are such an answer. Under the lock.</summary>
    public void NoteAnswer(int bytes) => _answerBytes += bytes;

    /// <summary>Sends until nothing is left, the socket is full or the rest is much: that leaves from the pool. Outside the lock, by who has claimed it.</summary>
    public void SendAll() => Send(SentAtOnceMax);

    /// <summary>Sends what <see cref="SendAll"/> has left, on a thread of the pool.</summary>
    public void Execute() => Send(long.MaxValue);

    private void Send(long most)
    {
        long total = 0;
        int sent = 0;
        while (true)
        {
            sent += TrySend(sent, out SocketError error);
            if (error is not (SocketError.Success or SocketError.WouldBlock))
            {
                Fail(error);
                return;
            }

            if (sent < _sending.Count)
            {
                // The client reads slower than this: its thread is not to wait for it.
                _ = SendRestAsync(sent);
                return;
            }

            if (!TakeMore())
            {
                return;
            }

            total += sent;
            sent = 0;
            if (total >= most)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                return;
            }
        }
    }

    /// <summary>Sends nothing any more. Only under the lock.</summary>
    public void Dispose()
    {
        _isClosed = true;
        if (!_isSending)
        {
            ReleaseBuffers();
        }
    }

    private int TrySend(int start, out SocketError error)
    {
        try
        {
            return socket.Send(_sending.WrittenSpan[start..], SocketFlags.None, out error);
        }
        catch (ObjectDisposedException)
        {
            error = SocketError.OperationAborted;
            return 0;
        }
    }

    private async Task SendRestAsync(int sent)
    {
        try
        {
            do
            {
                while (sent < _sending.Count)
                {
                    sent += await socket.SendAsync(_sending.Written[sent..], SocketFlags.None).ConfigureAwait(false);
                }

                sent = 0;
            }
            while (TakeMore());
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            Fail((failure as SocketException)?.SocketErrorCode ?? SocketError.OperationAborted);
        }
    }

    private void Fail(SocketError error)
    {
        lock (gate)
        {
            _isSending = false;
            if (_isClosed)
            {
                ReleaseBuffers();
            }
        }

        connection.Close($"sending failed: {error}");
    }

    private bool TakeMore()
    {
        bool isMore;
        lock (gate)
        {
            _sending.Clear();
            if (!_isClosed)
            {
                connection.Refill();
            }

            isMore = _gathering.Count > 0 && !_isClosed;
            if (isMore)
            {
                SwapBuffers();
            }
            else
            {
                _isSending = false;
                if (_isClosed)
                {
                    ReleaseBuffers();
                }
            }
        }

        if (!isMore)
        {
            connection.OutputDrained();
        }

        return isMore;
    }

    private void SwapBuffers()
    {
        (_gathering, _sending) = (_sending, _gathering);
        _answerBytes = 0;
    }

    private void ReleaseBuffers()
    {
        _gathering.Dispose();
        _sending.Dispose();
    }

    /// <summary>Sends what has gathered once the work that was queued before it has run, unless somebody was first.</summary>
    private sealed class LeftSend(ServerConnection connection) : IThreadPoolWorkItem
    {
        private int _isQueued;

        public void Queue()
        {
            if (Interlocked.Exchange(ref _isQueued, 1) == 0)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }
        }

        public void Execute()
        {
            // First: what is written from here on may have to be left again.
            Volatile.Write(ref _isQueued, 0);
            connection.Flush();
        }
    }
}
