using System.IO.Pipelines;

using Etcd.Peer.Codecs;
using Etcd.Peer.Links;
using Etcd.Raft;

namespace Etcd.Peer.Streams;

/// <summary>One kind of stream to one member: a bounded queue, and the connection through which the member reads it. The member opens the connection;
/// a newer one replaces an older one.</summary>
/// <remarks>
/// There is no thread of its own: whoever calls <see cref="Kick"/> while nobody writes does so on its own thread, straight into the connection's memory,
/// until the queue is empty or the network is slower than the sender. Only then does writing go on elsewhere.
/// </remarks>
internal sealed class OutgoingStream(PeerContext peer, PeerStreamKind kind)
{
    /// <summary>Messages after which what was written is sent even while more wait.</summary>
    private const int FlushMessagesMax = 2048;

    /// <summary>Bytes after which what was written is sent even while more wait.</summary>
    private const int FlushBytesMax = 256 * 1024;

    private readonly Lock _lock = new();
    private List<RaftMessage> _queue = [];
    private StreamConnection? _connection;
    private bool _isClosed;

    /// <summary>Whether a connection is open.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_lock)
            {
                return _connection is not null;
            }
        }
    }

    /// <summary>Takes a message for sending; <see cref="Kick"/> follows.</summary>
    public EnqueueOutcome TryEnqueue(RaftMessage message)
    {
        lock (_lock)
        {
            if (_connection is null)
            {
                return EnqueueOutcome.NotOpen;
            }

            if (_queue.Count >= peer.Options.StreamQueueMax)
            {
                return EnqueueOutcome.Full;
            }

            _queue.Add(message);
            return EnqueueOutcome.Queued;
        }
    }

    /// <summary>Sends what waits, unless somebody is at it already. Never waits for the network.</summary>
    public void Kick()
    {
        StreamConnection connection;
        lock (_lock)
        {
            if (_connection is not { IsBusy: false } idle || (_queue.Count == 0 && !idle.IsHeartbeatDue))
            {
                return;
            }

            connection = idle;
            connection.IsBusy = true;
        }

        // Handles its own failures; its end is the connection's, which ServeAsync waits for.
        _ = WriteAllAsync(connection);
    }

    /// <summary>Sends through a connection until it ends.</summary>
    /// <param name="output">The connection.</param>
    /// <param name="aborted">Cancelled when the peer has gone.</param>
    public async Task<PeerStreamEnd> ServeAsync(PipeWriter output, CancellationToken aborted)
    {
        var connection = new StreamConnection(output, kind == PeerStreamKind.Append ? new AppendEncoder() : new MessageEncoder());
        StreamConnection? replaced;
        lock (_lock)
        {
            if (_isClosed)
            {
                return PeerStreamEnd.Closed;
            }

            replaced = _connection;
            _connection = connection;
        }

        if (replaced is not null)
        {
            End(replaced, PeerStreamEnd.Closed, null);
        }

        peer.Log.WriterAttached(PeerStreamPaths.LogNameOf(kind), peer.SelfName, peer.PeerName);
        await using (aborted.UnsafeRegister(_ => End(connection, PeerStreamEnd.Broken, "the peer closed the connection"), null).ConfigureAwait(false))
        {
            return await connection.Ended.ConfigureAwait(false);
        }
    }

    /// <summary>Sends a sign of life, and gives up a connection that has stood still for too long. Called three times per idle time-out.</summary>
    public void Tick(long now)
    {
        StreamConnection? connection;
        lock (_lock)
        {
            connection = _connection;
            if (connection is null)
            {
                return;
            }

            connection.IsHeartbeatDue = true;
        }

        if (connection.FlushingSince is not 0 and long since && peer.Time.GetElapsedTime(since, now) >= peer.Options.WriteTimeout)
        {
            End(connection, PeerStreamEnd.Broken, "write timeout");
            return;
        }

        Kick();
    }

    /// <summary>Ends the connection; none is accepted any more.</summary>
    public void Close()
    {
        StreamConnection? connection;
        lock (_lock)
        {
            _isClosed = true;
            connection = _connection;
        }

        if (connection is not null)
        {
            End(connection, PeerStreamEnd.Closed, null);
        }
    }

    private void End(StreamConnection connection, PeerStreamEnd how, string? why)
    {
        int lost = 0;
        lock (_lock)
        {
            if (connection.Ending is not null)
            {
                return;
            }

            connection.Ending = how;
            if (_connection == connection)
            {
                // What waits is older than whatever a next connection will be for; raft sends it again in the form that fits then.
                _connection = null;
                lost = _queue.Count;
                _queue.Clear();
            }

            if (connection.IsBusy)
            {
                // Whoever writes may wait for a network that takes nothing; it completes the connection once it has stopped.
                connection.Output.CancelPendingFlush();
            }
            else
            {
                connection.Complete();
            }
        }

        if (how == PeerStreamEnd.Broken)
        {
            peer.Log.WriterLost(PeerStreamPaths.LogNameOf(kind), peer.SelfName, peer.PeerName, why!);
            peer.Activity.Failed($"stream {PeerStreamPaths.LogNameOf(kind)} write", why!);
        }

        if (how == PeerStreamEnd.Broken || lost > 0)
        {
            peer.Inbox.Receiver.ReportUnreachable(peer.PeerId);
        }
    }

    private async Task WriteAllAsync(StreamConnection connection)
    {
        string? fault = null;
        try
        {
            while (TryTakeBatch(connection, out bool isHeartbeatDue))
            {
                fault = await WriteBatchAsync(connection, isHeartbeatDue).ConfigureAwait(false);
                if (fault is not null)
                {
                    break;
                }
            }
        }
        catch (Exception failure)
        {
            // Whatever it is, it ends this connection, which is told; the peer opens another one.
            fault = failure.Message;
        }

        if (fault is not null)
        {
            End(connection, PeerStreamEnd.Broken, fault);
            lock (_lock)
            {
                connection.Complete();
            }
        }
    }

    private bool TryTakeBatch(StreamConnection connection, out bool isHeartbeatDue)
    {
        lock (_lock)
        {
            isHeartbeatDue = connection.IsHeartbeatDue;
            connection.IsHeartbeatDue = false;
            connection.Batch.Clear();
            if (connection.Ending is not null)
            {
                connection.IsBusy = false;
                connection.Complete();
                return false;
            }

            if (_queue.Count == 0 && !isHeartbeatDue)
            {
                connection.IsBusy = false;
                return false;
            }

            (_queue, connection.Batch) = (connection.Batch, _queue);
            return true;
        }
    }

    private async ValueTask<string?> WriteBatchAsync(StreamConnection connection, bool isHeartbeatDue)
    {
        int next = 0;
        do
        {
            peer.Traffic.Sent(Encode(connection, isHeartbeatDue, ref next));
            isHeartbeatDue = false;
            connection.FlushingSince = peer.Time.GetTimestamp();
            FlushResult flushed = await connection.Output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            connection.FlushingSince = 0;
            if (flushed.IsCanceled || flushed.IsCompleted)
            {
                return "connection closed";
            }
        }
        while (next < connection.Batch.Count);

        return null;
    }

    private static long Encode(StreamConnection connection, bool isHeartbeatDue, ref int next)
    {
        var frames = new FrameWriter(connection.Output);
        if (isHeartbeatDue)
        {
            connection.Encoder.WriteLinkHeartbeat(ref frames);
        }

        for (int end = Math.Min(connection.Batch.Count, next + FlushMessagesMax); next < end && frames.Written < FlushBytesMax; next++)
        {
            connection.Encoder.Write(ref frames, connection.Batch[next]);
        }

        frames.Commit();
        return frames.Written;
    }
}
