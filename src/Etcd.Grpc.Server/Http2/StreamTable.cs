using Etcd.Grpc.Transport.Http2;

namespace Etcd.Grpc.Server.Http2;

/// <summary>The streams of a connection from their opening to their end, and the objects that are free for the next ones. Used under the
/// connection's lock.</summary>
internal sealed class StreamTable(
    ServerConnection connection, ReceiveWindow received, ReplySender replies, ServerOutput output, RpcServerOptions options)
{
    private const int SpareMax = 64;
    private const int ResetIdsMax = 128;

    private readonly Dictionary<int, ServerStream> _streams = [];
    private readonly Stack<ServerStream> _spare = new();
    private readonly Queue<(ServerStream Stream, int Id, long Since)> _unended = new(); // the object may serve another stream by now
    private readonly Queue<int> _resetIds = new();
    private int _sendWindow = Http2Settings.DefaultWindowBytes;
    private int _orphans;
    private int _lastId;

    /// <summary>Streams that are not over.</summary>
    public int Count => _streams.Count;

    /// <summary>Number of the last stream taken or refused. The reader, which alone changes it, may look without the lock.</summary>
    public int LastId => _lastId;

    /// <summary>Whether the client has been told which stream is the last.</summary>
    public bool IsDraining { get; private set; }

    /// <summary>Opens a stream.</summary>
    /// <returns><see langword="null"/> when the server takes it not.</returns>
    public ServerStream? Open(int streamId)
    {
        _lastId = streamId;
        if ((uint)_streams.Count >= options.StreamsPerConnectionMax)
        {
            // The client may take those for closed whose reply it has.
            RetireUnended(leaving: 0);
            if ((uint)_streams.Count >= options.StreamsPerConnectionMax)
            {
                options.ReportStreamBeyondMax?.Invoke();
                return null;
            }
        }

        if (connection.Starter.IsFull || received.IsFull || _orphans >= ServerLimits.OrphansMax)
        {
            return null;
        }

        ServerStream stream = _spare.TryPop(out ServerStream? spare) ? spare : new ServerStream(connection);
        stream.Open(streamId, _sendWindow);
        _streams.Add(streamId, stream);
        return stream;
    }

    /// <summary>Looks a stream up.</summary>
    /// <returns><see langword="null"/> when the stream is over.</returns>
    /// <exception cref="Http2ConnectionException">No such stream was ever opened.</exception>
    public ServerStream? Find(int streamId) =>
        (streamId > _lastId && !IsDraining) || (streamId & 1) == 0
            ? throw new Http2ConnectionException(Http2ErrorCode.ProtocolError, "a frame is for a stream that was never opened")
            : _streams.GetValueOrDefault(streamId);

    /// <summary>The server resets a stream whose client has not ended its side, and may have sent more.</summary>
    public void NoteReset(int streamId)
    {
        _resetIds.Enqueue(streamId);
        if (_resetIds.Count > ResetIdsMax)
        {
            _resetIds.Dequeue();
        }
    }

    /// <summary>Whether the server has reset a stream of late. Slow; for what should be rare.</summary>
    public bool WasReset(int streamId) => _resetIds.Contains(streamId);

    /// <summary>The client sets the window that its streams begin with, and moves those of the open ones with it.</summary>
    /// <param name="bytes">The window.</param>
    /// <param name="largest">The largest it was set to on the way there, or the same.</param>
    /// <exception cref="Http2ConnectionException">Too far, at the end or on the way.</exception>
    public void SetSendWindow(uint bytes, uint largest)
    {
        if (largest > int.MaxValue)
        {
            throw new Http2ConnectionException(Http2ErrorCode.FlowControlError, "the client's windows are too large");
        }

        long change = bytes - _sendWindow;
        long largestChange = largest - _sendWindow;
        _sendWindow = (int)bytes;
        foreach (ServerStream stream in _streams.Values)
        {
            if (stream.SendWindow + largestChange > int.MaxValue)
            {
                throw new Http2ConnectionException(Http2ErrorCode.FlowControlError, "the client opened a window too far");
            }

            stream.SendWindow += change;
            replies.Queue(stream);
        }
    }

    /// <summary>The end of a stream's reply has been written to the output.</summary>
    public void Ended(ServerStream stream)
    {
        if (stream.IsOver)
        {
            return;
        }

        if (stream.RemoteEnded || IsDraining || stream.Discarded > ServerLimits.UnendedBytesMax)
        {
            RetireAnswered(stream);
            return;
        }

        // The reply is whole and the request is not. A reset now would make some clients drop the reply; it comes only when such streams gather, or
        // the rest of the request is much or takes long.
        if (!stream.IsUnended)
        {
            stream.IsUnended = true;
            _unended.Enqueue((stream, stream.Id, options.Time.GetTimestamp()));
        }

        RetireUnended(leaving: ServerLimits.UnendedMax);
    }

    /// <summary>Resets the streams that have waited too long for the end of a request that is answered.</summary>
    public void RetireLongUnended()
    {
        int waiting = 0;
        foreach ((_, _, long since) in _unended)
        {
            waiting += options.Time.GetElapsedTime(since) < ServerLimits.UnendedTimeout ? 1 : 0;
        }

        RetireUnended(leaving: waiting);
    }

    /// <summary>A call has ended whose stream was over before.</summary>
    public void OrphanEnded(ServerStream stream)
    {
        _orphans--;
        Recycle(stream);
    }

    /// <summary>Adds the streams whose requests may be given up to make room.</summary>
    public void AddUnfinished(List<UnfinishedRequest> requests)
    {
        foreach (ServerStream stream in _streams.Values)
        {
            if (stream.IsUnfinished)
            {
                requests.Add(new UnfinishedRequest(stream, stream.Id, stream.HeldSince, stream.Held));
            }
        }
    }

    /// <summary>Resets a stream for what its request holds.</summary>
    public void GiveUp(ServerStream stream)
    {
        Http2FrameWriter.WriteReset(output.Buffer, stream.Id, Http2ErrorCode.EnhanceYourCalm);
        output.NoteAnswer(Http2FrameHeader.SizeBytes + sizeof(uint));
        NoteReset(stream.Id);
        Retire(stream);
        received.GiveUp(stream);
    }

    /// <summary>Takes a stream off the table.</summary>
    public void Retire(ServerStream stream)
    {
        if (stream.IsOver)
        {
            return;
        }

        stream.IsOver = true;
        _streams.Remove(stream.Id);
        replies.Drop(stream);
        if (_streams.Count == 0)
        {
            connection.Time.BecameIdle();
        }

        if (stream.IsAnswered)
        {
            Recycle(stream);
        }
        else
        {
            received.Forgo(stream);
            _orphans++;
        }
    }

    /// <summary>Takes all streams off the table.</summary>
    /// <returns>Those that there were.</returns>
    public ServerStream[] RetireAll()
    {
        ServerStream[] all = [.. _streams.Values];
        foreach (ServerStream stream in all)
        {
            Retire(stream);
        }

        return all;
    }

    /// <summary>No further stream is taken.</summary>
    public void Drain()
    {
        IsDraining = true;
        RetireUnended(leaving: 0);
    }

    private void RetireUnended(int leaving)
    {
        while (_unended.Count > leaving)
        {
            (ServerStream oldest, int id, _) = _unended.Dequeue();
            if (oldest.Id == id && oldest is { IsOver: false, LocalEnded: true })
            {
                RetireAnswered(oldest);
            }
        }
    }

    private void RetireAnswered(ServerStream stream)
    {
        if (!stream.RemoteEnded)
        {
            Http2FrameWriter.WriteReset(output.Buffer, stream.Id, Http2ErrorCode.NoError);
            NoteReset(stream.Id);
        }

        Retire(stream);
    }

    private void Recycle(ServerStream stream)
    {
        received.Release(stream);
        if (stream.TryRecycle() && _spare.Count < SpareMax)
        {
            _spare.Push(stream);
        }
    }
}
