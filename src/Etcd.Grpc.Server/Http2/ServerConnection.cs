using System.Net;
using System.Net.Sockets;
using Etcd.Grpc.Server.Calls;
using Etcd.Grpc.Server.Pings;
using Etcd.Grpc.Transport.Http2;

namespace Etcd.Grpc.Server.Http2;

/// <summary>One HTTP/2 connection of a client, in clear text: its streams and its windows.</summary>
/// <remarks>
/// <see cref="ConnectionReader"/> reads, <see cref="ServerReceiver"/> takes the frames in, calls run on threads of the pool or on the reader's, and
/// <see cref="ServerOutput"/> sends on whichever thread has something to send. One lock guards the streams, the windows and the output together,
/// so that header blocks leave in the order in which they were encoded. No handler's code runs under it.
/// </remarks>
internal sealed class ServerConnection : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Socket _socket;
    private readonly ServerConnections _server;
    private readonly ServerOutput _output;
    private readonly ReplySender _replies;
    private readonly CallStarter _starter;
    private readonly ReceiveWindow _received;
    private readonly StreamTable _streams;
    private readonly ConnectionTime _time;

    private int _working;
    private int _unaryWorking;
    private bool _isEnding;
    private bool _isClosed;
    private bool _isGone;

    /// <summary>Takes over a connected socket, whose client has begun with the preface.</summary>
    public ServerConnection(Socket socket, EndPoint? remote, ServerConnections server)
    {
        _socket = socket;
        _server = server;
        RemoteEndPoint = remote;
        var floods = new FloodGuard(server.Time);
        _output = new ServerOutput(socket, this, _gate);
        _replies = new ReplySender(this, _output, floods);
        _received = new ReceiveWindow(_output, server.RequestMemory);
        _streams = new StreamTable(this, _received, _replies, _output, server.Options);
        _starter = new CallStarter(this);
        _time = new ConnectionTime(this, server.Options);
        Receiver = new ServerReceiver(this, new ClientFrames(this, _gate, _output, _streams, _received, _replies, floods));
        Reader = new ConnectionReader(this, socket, _output, server.Watch);
        Pings = server.Options.ClientPingIntervalMin > TimeSpan.Zero ? new PingPolicy(server.Options.ClientPingIntervalMin, server.Time) : null;
        Http2FrameWriter.WriteServerStart(
            _output.Buffer, ServerLimits.StreamWindowBytes, ServerLimits.ConnectionWindowBytes, ServerLimits.HeaderListBytesMax,
            Math.Min(server.Options.StreamsPerConnectionMax, int.MaxValue));
    }

    public EndPoint? RemoteEndPoint { get; }

    /// <summary>What the client's pings are counted against; <see langword="null"/>: nothing.</summary>
    public PingPolicy? Pings { get; }

    public RpcDispatch Dispatch => _server.Dispatch;

    public ConnectionReader Reader { get; }

    public ServerReceiver Receiver { get; }

    /// <summary>Calls that wait to be started, or may run on the reader's own thread.</summary>
    public CallStarter Starter => _starter;

    /// <summary>The times it keeps.</summary>
    public ConnectionTime Time => _time;

    /// <summary>Whether no call is in progress and further ones are taken.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _streams.Count == 0 && !_streams.IsDraining;
            }
        }
    }

    /// <summary>Whether it is over. Under the lock.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Whether what arrives is dropped, because the connection was given up.</summary>
    public bool IsEnding => Volatile.Read(ref _isEnding);

    /// <summary>Sends the server's settings and begins to read.</summary>
    public void Start()
    {
        Flush();
        Reader.Start();
    }

    /// <summary>Sends what has gathered.</summary>
    public void Flush()
    {
        bool sends;
        lock (_gate)
        {
            sends = _output.TryBegin();
        }

        if (sends)
        {
            _output.SendAll();
        }
    }

    /// <summary>A call is to be run.</summary>
    public void CallTaken(ServerStream stream)
    {
        lock (_gate)
        {
            _working++;
            _unaryWorking += stream.Call.IsUnary ? 1 : 0;
        }
    }

    /// <summary>A call has to wait before it is run.</summary>
    public void CallDeferred(ServerStream stream)
    {
        lock (_gate)
        {
            if (!stream.IsOver && stream.DeferredAt == 0)
            {
                stream.Defer();
            }
        }
    }

    /// <summary>Runs a call.</summary>
    public void Run(ServerStream stream)
    {
        if (stream.IsOver)
        {
            // Reset before it was begun: nothing is done for it.
            Complete(stream);
            return;
        }

        int id = stream.Id;
        try
        {
            // How it ends, the call itself tells: see Complete; and also when it cannot end: see Abandon.
            _ = Dispatch.ServeAsync(stream.Call);
        }
        catch (Exception failure)
        {
            Abandon(stream, id, failure);
        }
    }

    /// <summary>A call could not be ended as it should: its stream is reset, unless the call has got as far as its end.</summary>
    /// <param name="stream">The stream, which may serve another call by now.</param>
    /// <param name="id">What its number was.</param>
    /// <param name="failure">Why.</param>
    public void Abandon(ServerStream stream, int id, Exception failure)
    {
        Dispatch.Logger.HandlerFailed(failure, stream.Head.Path());
        if (stream.Id == id && !stream.IsAnswered)
        {
            stream.Call.Abandon();
            stream.Call.ResetWith(Http2ErrorCode.InternalError);
            Complete(stream);
        }
    }

    /// <summary>Sends what a call has written so far.</summary>
    /// <returns>Whether the call may write more at once; else it has to await <paramref name="wait"/>.</returns>
    public bool Send(ServerStream stream, out ValueTask wait)
    {
        bool sends;
        bool mayGoOn;
        lock (_gate)
        {
            wait = default;
            if (stream.IsOver)
            {
                return true;
            }

            _replies.Take(stream);
            _replies.Fill();
            sends = _streams.Count > 1 ? _output.TryBeginOrLeave() : _output.TryBegin();
            mayGoOn = stream.Output.Waiting <= ServerLimits.StreamReplyBytesHigh;
            if (!mayGoOn)
            {
                wait = stream.Output.BeginWait();
            }
        }

        if (sends)
        {
            _output.SendAll();
        }

        return mayGoOn;
    }

    /// <summary>A call has ended: what it has written and its status are sent. The call is not to be touched afterwards.</summary>
    public void Complete(ServerStream stream)
    {
        bool sends;
        lock (_gate)
        {
            _working--;
            _unaryWorking -= stream.Call.IsUnary ? 1 : 0;
            stream.IsAnswered = true;
            if (stream.IsOver)
            {
                _streams.OrphanEnded(stream);
            }
            else if (stream.Call.Reset is { } code)
            {
                Http2FrameWriter.WriteReset(_output.Buffer, stream.Id, code);
                _streams.NoteReset(stream.Id);
                _streams.Retire(stream);
            }
            else
            {
                _received.Release(stream);
                _replies.TakeLast(stream);
            }

            // Heads and ends alone fill the output too, when the client does not read.
            _replies.Fill();
            sends = _unaryWorking > 0 ? _output.TryBeginOrLeave() : _output.TryBegin();
        }

        if (sends)
        {
            _output.SendAll();
        }

        _starter.StartDeferred();
        CloseIfDone();
    }

    /// <summary>A call has looked at bytes of its request: the client may send as many more.</summary>
    public void InputTaken(ServerStream stream, int examined, int consumed)
    {
        bool sends;
        lock (_gate)
        {
            int before = _output.Buffer.Count;
            _received.Taken(stream, examined, consumed);
            sends = _output.Buffer.Count > before && _output.TryBegin();
        }

        if (sends)
        {
            _output.SendAll();
        }
    }

    /// <summary>Tick of the server's clock, by which the age of requests is told.</summary>
    public int Tick => _server.Ticks;

    /// <summary>The server holds too many request bytes. Outside the lock.</summary>
    public void MakeRoom() => _server.Eviction.MakeRoom();

    /// <summary>Adds the requests that may be given up to make room.</summary>
    public void AddUnfinished(List<UnfinishedRequest> requests)
    {
        lock (_gate)
        {
            _streams.AddUnfinished(requests);
        }
    }

    /// <summary>Resets the stream of a request to make room, if it still may be. <see cref="Flush"/> sends it.</summary>
    public bool TryGiveUp(in UnfinishedRequest request)
    {
        ServerStream stream = request.Stream;
        lock (_gate)
        {
            if (stream.Id != request.Id || !stream.IsUnfinished)
            {
                return false;
            }

            _streams.GiveUp(stream);
        }

        stream.Abort(new IOException("the server has no room for the request"));
        return true;
    }

    /// <summary>The output has room again. Under the lock.</summary>
    public void Refill() => _replies.Fill();

    /// <summary>Everything gathered has been sent.</summary>
    public void OutputDrained()
    {
        _starter.StartDeferred();
        if (IsEnding)
        {
            ShutDown(SocketShutdown.Send);
        }
        else
        {
            CloseIfDone();
        }
    }

    /// <summary>Whether so many replies wait for the client that no further call is to be started. Any thread.</summary>
    public bool IsCongested => _replies.IsCongested;

    /// <summary>Whether a call is to wait until the client has taken more. Any thread.</summary>
    public bool HoldsUp(ServerStream stream) => stream.Call.IsStreaming ? _replies.IsUnread : _replies.IsCongested;

    /// <summary>Whether so many heads and ends of replies wait for the socket that not even a refusal is to be added. Any thread.</summary>
    public bool IsUnread => _replies.IsUnread;

    /// <summary>The clock.</summary>
    public TimeProvider Clock => _server.Time;

    /// <summary>Whether one unary call alone is in progress. Any thread.</summary>
    public bool IsLone => Volatile.Read(ref _unaryWorking) == 1;

    /// <summary>The client broke the protocol, or asks too much: it is told so, and what it sends from now on is dropped.</summary>
    public void GiveUp(Http2ErrorCode code, string text, int? lastStreamId = null)
    {
        ServerStream[] orphans;
        bool sends;
        lock (_gate)
        {
            if (_isEnding || _isClosed)
            {
                return;
            }

            _isEnding = true;
            _time.EndingBegan();
            Http2FrameWriter.WriteGoAway(_output.Buffer, lastStreamId ?? _streams.LastId, code, text);
            _streams.Drain();
            orphans = _streams.RetireAll();
            _output.IsHeld = false;
            sends = _output.TryBegin();
        }

        foreach (ServerStream stream in orphans)
        {
            stream.Abort(new IOException("the connection was given up"));
        }

        if (sends)
        {
            _output.SendAll();
        }
    }

    /// <summary>The server stops, or has seen nothing of the client for long: no further stream is taken, and the connection ends with the last of
    /// those in progress.</summary>
    public void Drain()
    {
        bool sends = false;
        lock (_gate)
        {
            if (!_streams.IsDraining && !_isClosed)
            {
                Http2FrameWriter.WriteGoAway(_output.Buffer, _streams.LastId, Http2ErrorCode.NoError, string.Empty);
                _streams.Drain();
                sends = _output.TryBegin();
            }
        }

        if (sends)
        {
            _output.SendAll();
        }

        CloseIfDone();
    }

    /// <summary>Resets streams whose reply has been whole for long, and whose request is not.</summary>
    public void ResetLongUnended()
    {
        lock (_gate)
        {
            _streams.RetireLongUnended();
        }

        Flush();
    }

    /// <summary>Ends the connection at once; calls in progress are cancelled.</summary>
    public void Close(string reason)
    {
        ServerStream[] orphans;
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            _output.Dispose();
            orphans = _streams.RetireAll();
            _replies.Close();
        }

        foreach (ServerStream stream in orphans)
        {
            stream.Abort(new IOException(reason));
        }

        // First the shut-down: it wakes a thread that waits in a read, which closing alone does not.
        ShutDown(SocketShutdown.Both);
        _socket.Dispose();
        _starter.StartDeferred();
        LeaveIfDone();
    }

    /// <summary>Ends the connection at once: the server stops.</summary>
    public void Dispose() => Close("the server is stopping");

    /// <summary>Asks the client for a sign of life.</summary>
    public void Ping()
    {
        lock (_gate)
        {
            Http2FrameWriter.WritePing(_output.Buffer, "etcdping"u8, isAck: false);
        }

        Flush();
    }

    /// <summary>The end of a stream's reply has been written to the output. Under the lock.</summary>
    public void Ended(ServerStream stream) => _streams.Ended(stream);

    /// <summary>Closes the connection if it drains and its last stream is over.</summary>
    public void CloseIfDone()
    {
        // Without the lock in the common case: who changes either of them looks here afterwards.
        if (!_streams.IsDraining && !Volatile.Read(ref _isClosed))
        {
            return;
        }

        bool isDone;
        lock (_gate)
        {
            isDone = _streams.IsDraining && !_isEnding && !_isClosed && _streams.Count == 0 && _output.IsIdle;
            if (isDone)
            {
                _isEnding = true;
                _time.EndingBegan();
            }
        }

        if (isDone)
        {
            // Closed with input unread, the connection would be reset, and what was sent last could be lost: the client is waited for.
            ShutDown(SocketShutdown.Send);
        }
        else
        {
            LeaveIfDone();
        }
    }

    private void LeaveIfDone()
    {
        lock (_gate)
        {
            if (!_isClosed || _working > 0 || _isGone)
            {
                return;
            }

            _isGone = true;
        }

        _server.Remove(this);
    }

    private void ShutDown(SocketShutdown which)
    {
        try
        {
            _socket.Shutdown(which);
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // The client was first, or another thread.
        }
    }
}
