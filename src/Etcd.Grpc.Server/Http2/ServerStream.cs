using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Server.Http2;

/// <summary>One stream of a connection, and the call on it. Reused once its call has ended and nothing of it is to be sent.</summary>
/// <remarks>What is not said otherwise is guarded by the connection's lock.</remarks>
internal sealed class ServerStream : IThreadPoolWorkItem
{
    private readonly Lock _abortLock = new();
    private CancellationTokenSource? _abort;
    private bool _isAborted;
    private TimeSpan _patience;

    public ServerStream(ServerConnection connection)
    {
        Connection = connection;
        Input = new StreamInput(this);
        Output = new StreamOutput(this);
        Call = new StreamExchange(this);
    }

    public ServerConnection Connection { get; }

    /// <summary>The request's headers. Complete before the call starts, and not changed until its end.</summary>
    public RequestHead Head { get; } = new();

    public StreamInput Input { get; }

    public StreamOutput Output { get; }

    public StreamExchange Call { get; }

    public int Id { get; private set; }

    /// <summary>When the client opened it, as a timestamp.</summary>
    public long OpenedAt { get; set; }

    /// <summary>What the client lets the server send.</summary>
    public long SendWindow { get; set; }

    /// <summary>What the server lets the client send; may fall below zero for no byte.</summary>
    public int ReceiveWindow { get; set; }

    /// <summary>Bytes taken by the call that the client has not been told of.</summary>
    public int Uncredited { get; set; }

    /// <summary>Body bytes that have arrived.</summary>
    public long ReceivedBytes { get; set; }

    /// <summary>Received bytes that the call has not looked at.</summary>
    public int Unexamined { get; set; }

    /// <summary>How many of them are room on the connection already.</summary>
    public int Ahead { get; set; }

    /// <summary>Received bytes that the call holds or has not looked at.</summary>
    public int Held { get; set; }

    /// <summary>Tick of the server's clock at which the first of them came.</summary>
    public int HeldSince { get; set; }

    /// <summary>Bytes that have come since the call has ended, and were dropped.</summary>
    public long Discarded { get; set; }

    /// <summary>What the stream itself counts for among the replies that wait for the client.</summary>
    public int ChargedBytes { get; set; }

    /// <summary>Whether the client has ended its side.</summary>
    public bool RemoteEnded { get; set; }

    /// <summary>Whether the head of the reply has been written to the output.</summary>
    public bool HeadSent { get; set; }

    /// <summary>Whether the end of the reply has been written to the output.</summary>
    public bool LocalEnded { get; set; }

    /// <summary>Whether the call has ended, so that only what it wrote remains to be sent.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>Whether the stream is among those whose reply has ended before their request.</summary>
    public bool IsUnended { get; set; }

    /// <summary>Whether the stream waits in the connection's queue of those with something to send.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Whether the stream is neither sent to nor received from any more. Any thread may look.</summary>
    public bool IsOver { get; set; }

    /// <summary>When the call was first made to wait before it is started, as a timestamp; zero when it was not. Not changed until its end.</summary>
    public long DeferredAt { get; private set; }

    /// <summary>How long the call was, or is, made to wait.</summary>
    public TimeSpan Waited => DeferredAt == 0 ? TimeSpan.Zero : Connection.Clock.GetElapsedTime(DeferredAt);

    /// <summary>Whether the call waits and its time is over. Any thread.</summary>
    public bool IsOverdue => DeferredAt != 0 && Waited >= _patience;

    /// <summary>Whether the request may be given up to make room. Not one that is whole and worked on, for its call would go on all the same; nor one
    /// that is whole and about to be.</summary>
    public bool IsUnfinished =>
        Held > 0 && !IsOver && !IsAnswered && (Call.IsStreaming || (!Input.IsHeld && (!RemoteEnded || DeferredAt != 0)));

    /// <summary>The status, encoded, when it has to wait behind the body.</summary>
    public PooledBuffer? DelayedStatus { get; set; }

    /// <summary>Cancelled when the client gives up. Any thread.</summary>
    public CancellationToken Aborted
    {
        get
        {
            lock (_abortLock)
            {
                _abort ??= new CancellationTokenSource();
                if (_isAborted)
                {
                    _abort.Cancel();
                }

                return _abort.Token;
            }
        }
    }

    /// <summary>Begins with a new request.</summary>
    public void Open(int id, long sendWindow)
    {
        Id = id;
        SendWindow = sendWindow;
        ReceiveWindow = ServerLimits.StreamWindowBytes;
        Uncredited = 0;
        ReceivedBytes = 0;
        Unexamined = 0;
        Held = 0;
        Ahead = 0;
        Discarded = 0;
        DeferredAt = 0;
        RemoteEnded = false;
        HeadSent = false;
        LocalEnded = false;
        IsAnswered = false;
        IsUnended = false;
        IsQueued = false;
        IsOver = false;
        DelayedStatus?.Clear();
        Input.Reset();
        lock (_abortLock)
        {
            _isAborted = false;
            if (_abort?.TryReset() == false)
            {
                _abort = null;
            }
        }
    }

    /// <summary>The call has to wait before it is started: until its deadline, if it has one.</summary>
    public void Defer()
    {
        DeferredAt = Math.Max(1, Connection.Clock.GetTimestamp()); // zero is kept for those that need not
        _patience = Head.Get(RpcHeaderNames.Timeout) is { } text && RpcTimeout.TryParse(text, out TimeSpan timeout) ? timeout : TimeSpan.MaxValue;
    }

    /// <summary>The client has given up or is gone: whoever reads, writes or waits is told so. Outside the connection's lock.</summary>
    public void Abort(Exception reason)
    {
        Input.Fail(reason);
        Output.Wake();
        lock (_abortLock)
        {
            _isAborted = true;

            // Handlers' callbacks do not belong on the connection's reader.
            _ = _abort?.CancelAsync();
        }
    }

    /// <summary>Lets go of what belongs to the call. Under the connection's lock.</summary>
    /// <returns>Whether the object may serve another.</returns>
    public bool TryRecycle()
    {
        Call.Detach();
        Output.Reset();
        if (!Input.TryLeave())
        {
            return false;
        }

        Input.Reset();
        return !IsQueued;
    }

    /// <summary>Runs the call on a thread of the pool, or lets it wait on.</summary>
    public void Execute()
    {
        if (!Connection.Starter.TryDefer(this))
        {
            Connection.Run(this);
        }
    }
}
