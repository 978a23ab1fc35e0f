using System.Buffers.Binary;
using System.Text;

namespace Etcd.Grpc.Transport.Http2;

/// <summary>One HTTP/2 connection to a server: its streams and its windows.</summary>
/// <remarks>
/// <see cref="Http2Reader"/> reads, <see cref="Http2Receiver"/> takes the frames in, <see cref="Http2Output"/> sends. One lock guards
/// the streams, the windows and the output together, so that streams are opened on the wire in the order of their numbers.
/// </remarks>
internal sealed class Http2Connection : IDisposable
{
    /// <summary>How much a stream may receive ahead of its reader.</summary>
    public const int StreamWindowBytes = 1 << 20;

    /// <summary>Largest header block taken.</summary>
    public const int HeaderListBytesMax = 256 * 1024;

    // The connection's window is given back as data arrives, not as it is read: one slow reader must not stop the others.
    private const int ConnectionWindowBytes = 16 << 20;
    private const int AnswerBytesMax = 64 * 1024;
    private const int GoAwayTextBytesMax = 256;

    private readonly Lock _lock = new();
    private readonly Stream _io;
    private readonly Http2Output _output;
    private readonly Http2Requests _requests;
    private readonly Http2Reader _reader;
    private readonly Http2KeepAlive? _keepAlive;
    private readonly bool _inlineContinuations;
    private readonly Dictionary<int, Http2Stream> _streams = [];
    private readonly Http2Waiters _slotWaiters = new();
    private readonly Http2Waiters _windowWaiters = new();

    private int _nextStreamId = 1;
    private long _sendWindow = Http2Settings.DefaultWindowBytes;
    private int _streamSendWindow = Http2Settings.DefaultWindowBytes;

    // Until the server has said how many streams it takes, only the first call goes ahead: it need not wait, and a crowd
    // behind it could be taken for an attack.
    private uint _streamsMax = 1;
    private bool _hasSettings;
    private int _uncredited;
    private bool _isDraining;
    private string? _goAway;
    private RpcException? _failure;

    /// <summary>Takes over a connected stream of bytes.</summary>
    /// <param name="io">The bytes, inside TLS where there is TLS.</param>
    /// <param name="address">The server.</param>
    /// <param name="options">The channel's settings.</param>
    public Http2Connection(Stream io, RpcAddress address, RpcChannelOptions options)
    {
        _io = io;
        _inlineContinuations = options.InlineContinuations;
        _requests = new Http2Requests(address, options);
        _output = new Http2Output(io, _lock, failure => Close(Lost(failure))) { IsBlocking = options.BlockingUnary };
        _reader = new Http2Reader(this, io, _output);
        Http2FrameWriter.WriteConnectionStart(_output.Buffer, StreamWindowBytes, ConnectionWindowBytes, HeaderListBytesMax);
        if (options.EffectiveKeepAliveInterval is { } interval)
        {
            _keepAlive = new Http2KeepAlive(this, interval, options.KeepAliveTimeout, options.KeepAliveWithoutCalls);
        }
    }

    /// <summary>Whether new calls may be opened on it.</summary>
    public bool IsUsable => _failure is null && !_isDraining && _nextStreamId < int.MaxValue - 1;

    /// <summary>Whether calls are in progress.</summary>
    public bool HasStreams => _streams.Count > 0;

    /// <summary>Reads the connection: in the background, or by the callers that wait.</summary>
    public Http2Reader Reader => _reader;

    /// <summary>Opens a stream.</summary>
    /// <param name="head">What opens the call.</param>
    /// <param name="body">First bytes of the request body; as much as the windows allow is sent, and the stream tells how much.</param>
    /// <param name="replyBytesMax">For a unary call, whose whole request <paramref name="body"/> is, the limit of the reply;
    /// -1 for a stream.</param>
    /// <returns>The stream, or <see langword="null"/> when the server allows no further stream at the moment.</returns>
    /// <exception cref="RpcException">The connection is over or drains.</exception>
    public Http2Stream? TryOpen(in RpcCallHead head, ReadOnlySpan<byte> body, int replyBytesMax)
    {
        Http2Stream stream;
        lock (_lock)
        {
            if (!IsUsable)
            {
                throw Unprocessed();
            }

            if ((uint)_streams.Count >= _streamsMax)
            {
                return null;
            }

            stream = new Http2Stream(this, _nextStreamId, _streamSendWindow, replyBytesMax, _inlineContinuations);
            _nextStreamId += 2;
            _streams.Add(stream.Id, stream);
            Http2FrameWriter.WriteHeaders(
                _output.Buffer, stream.Id, _requests.Encode(head), endStream: false, Http2Settings.DefaultFrameBytesMax);
            stream.OpeningBytesSent = AppendData(stream, body, endsBody: replyBytesMax >= 0);
        }

        _output.Flush();
        return stream;
    }

    /// <summary>Waits until another stream may be opened.</summary>
    public Task WaitForSlotAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return (uint)_streams.Count < _streamsMax || !IsUsable ? Task.CompletedTask : _slotWaiters.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Sends as much of a body as the windows allow.</summary>
    /// <returns>How much that is.</returns>
    /// <exception cref="RpcException">The stream has ended.</exception>
    public int Send(Http2Stream stream, ReadOnlySpan<byte> body, bool endsBody)
    {
        int sent;
        lock (_lock)
        {
            if (stream.IsOver || stream.LocalEnded)
            {
                throw stream.Failure ?? new RpcException(RpcStatusCode.Canceled, "the call has ended");
            }

            sent = AppendData(stream, body, endsBody);
        }

        _output.Flush();
        return sent;
    }

    /// <summary>Waits until a window opens, or the stream is over.</summary>
    public Task WaitForWindowAsync(Http2Stream stream, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return stream.IsOver || (_sendWindow > 0 && stream.SendWindow > 0)
                ? Task.CompletedTask
                : _windowWaiters.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Gives the server room to send more on a stream.</summary>
    public void Credit(Http2Stream stream, int bytes)
    {
        lock (_lock)
        {
            if (stream.IsOver)
            {
                return;
            }

            Http2FrameWriter.WriteWindowUpdate(_output.Buffer, stream.Id, bytes);
        }

        _output.Flush();
    }

    /// <summary>Gives a stream up: the server is told unless it has finished.</summary>
    public void Abandon(Http2Stream stream)
    {
        lock (_lock)
        {
            if (stream.IsOver)
            {
                return;
            }

            Http2FrameWriter.WriteReset(
                _output.Buffer, stream.Id, stream.RemoteEnded ? Http2ErrorCode.NoError : Http2ErrorCode.Cancel);
            Retire(stream);
        }

        _output.Flush();
        CloseWhenDrained();
    }

    /// <summary>Asks the server for a sign of life.</summary>
    public void Ping()
    {
        lock (_lock)
        {
            Http2FrameWriter.WritePing(_output.Buffer, "etcdping"u8, isAck: false);
        }

        _output.Flush();
    }

    /// <summary>Ends the connection because the server broke the protocol; it is told so.</summary>
    public void Close(Http2ConnectionException violation)
    {
        lock (_lock)
        {
            Http2FrameWriter.WriteGoAway(_output.Buffer, lastStreamId: 0, violation.Code, string.Empty);
        }

        _output.Flush();
        Close(new RpcException(
            RpcStatusCode.Unavailable, $"the server broke the HTTP/2 protocol: {violation.Message}", inner: violation));
    }

    /// <summary>Ends the connection; calls in progress fail with <paramref name="reason"/>.</summary>
    public void Close(RpcException reason)
    {
        Http2Stream[] orphans;
        lock (_lock)
        {
            if (_failure is not null)
            {
                return;
            }

            _failure = reason;
            _output.Dispose();
            orphans = [.. _streams.Values];
            foreach (Http2Stream stream in orphans)
            {
                Retire(stream);
            }

            _slotWaiters.ReleaseAll();
            _windowWaiters.ReleaseAll();
        }

        foreach (Http2Stream stream in orphans)
        {
            stream.Fail(reason);
        }

        _keepAlive?.Dispose();
        _io.Dispose();
    }

    /// <summary>Status of calls on a connection that broke.</summary>
    public RpcException Lost(Exception? cause)
    {
        RpcException plain = TransportErrors.Lost(cause);
        return _goAway is null ? plain : new RpcException(plain.Code, plain.Message + _goAway, inner: cause);
    }

    public void Dispose() => Close(new RpcException(RpcStatusCode.Canceled, "the channel is closed"));

    /// <summary>Begins to watch for silence, once somebody reads all the time.</summary>
    public void StartKeepAlive() => _keepAlive?.Start();

    /// <summary>Something came from the server.</summary>
    public void Heard() => _keepAlive?.Heard();

    /// <summary>Looks a stream up for the receiver.</summary>
    /// <returns><see langword="null"/> when the stream is over.</returns>
    /// <exception cref="Http2ConnectionException">No such stream was ever opened.</exception>
    public Http2Stream? Find(int streamId)
    {
        lock (_lock)
        {
            return streamId == 0 || streamId >= _nextStreamId || (streamId & 1) == 0
                ? throw new Http2ConnectionException(Http2ErrorCode.ProtocolError, "a frame is for a stream that was never opened")
                : _streams.TryGetValue(streamId, out Http2Stream? stream) ? stream : null;
        }
    }

    /// <summary>The receiver gave a stream something; with <paramref name="ends"/> it was the last.</summary>
    public void Touch(Http2Stream stream, bool ends)
    {
        _reader.Touch(stream);
        if (!ends)
        {
            return;
        }

        lock (_lock)
        {
            stream.RemoteEnded = true;
            if (stream.LocalEnded)
            {
                Retire(stream);
            }
        }

        CloseWhenDrained();
    }

    /// <summary>The server reset a stream.</summary>
    public void TakeReset(int streamId, uint code)
    {
        if (Find(streamId) is not { } stream)
        {
            return;
        }

        lock (_lock)
        {
            Retire(stream);
        }

        RpcException reason = TransportErrors.Reset(code);
        reason.IsUnprocessed = code == (uint)Http2ErrorCode.RefusedStream;
        stream.Fail(reason);
        CloseWhenDrained();
    }

    /// <summary>The server announced settings.</summary>
    public void ApplySettings(ReadOnlySpan<byte> payload)
    {
        lock (_lock)
        {
            if (!_hasSettings)
            {
                _hasSettings = true;
                _streamsMax = uint.MaxValue;
            }

            for (; !payload.IsEmpty; payload = payload[Http2Settings.EntryBytes..])
            {
                Apply(BinaryPrimitives.ReadUInt16BigEndian(payload), BinaryPrimitives.ReadUInt32BigEndian(payload[2..]));
            }

            Http2FrameWriter.WriteSettingsAck(_output.Buffer);
            _slotWaiters.ReleaseAll();
            _windowWaiters.ReleaseAll();
        }
    }

    /// <summary>The server asks for a sign of life.</summary>
    public void AnswerPing(ReadOnlySpan<byte> payload)
    {
        lock (_lock)
        {
            // Answers that the server does not read must not gather without end.
            if (_output.WaitingBytes > AnswerBytesMax && _streams.Count == 0)
            {
                throw new Http2ConnectionException(Http2ErrorCode.EnhanceYourCalm, "the server pings and does not read");
            }

            Http2FrameWriter.WritePing(_output.Buffer, payload, isAck: true);
        }
    }

    /// <summary>The server takes no further streams on this connection.</summary>
    public void TakeGoAway(int lastStreamId, uint code, ReadOnlySpan<byte> debugData)
    {
        Http2Stream[] refused;
        lock (_lock)
        {
            _isDraining = true;
            if (code != (uint)Http2ErrorCode.NoError)
            {
                string text = Encoding.UTF8.GetString(debugData[..Math.Min(debugData.Length, GoAwayTextBytesMax)]);
                _goAway = $", received prior goaway: code: {TransportErrors.Http2ErrorName(code)}, debug data: \"{text}\"";
            }

            refused = Array.FindAll([.. _streams.Values], stream => stream.Id > lastStreamId);
            foreach (Http2Stream stream in refused)
            {
                Retire(stream);
            }

            _slotWaiters.ReleaseAll();
        }

        foreach (Http2Stream stream in refused)
        {
            stream.Fail(Unprocessed());
        }

        CloseWhenDrained();
    }

    /// <summary>The server opened a window.</summary>
    public void TakeWindow(int streamId, int increment)
    {
        lock (_lock)
        {
            if (streamId == 0)
            {
                _sendWindow = Widen(_sendWindow, increment);
            }
            else if (_streams.TryGetValue(streamId, out Http2Stream? stream))
            {
                stream.SendWindow = Widen(stream.SendWindow, increment);
            }

            _windowWaiters.ReleaseAll();
        }
    }

    /// <summary>Counts what arrived against the connection's window, and gives it back in time.</summary>
    public void CreditConnection(int bytes)
    {
        _uncredited += bytes;
        if (_uncredited >= ConnectionWindowBytes / 2)
        {
            lock (_lock)
            {
                Http2FrameWriter.WriteWindowUpdate(_output.Buffer, streamId: 0, _uncredited);
            }

            _uncredited = 0;
        }
    }

    private static long Widen(long window, long change) => window + change <= int.MaxValue
        ? window + change
        : throw new Http2ConnectionException(Http2ErrorCode.FlowControlError, "the server opened a window too far");

    private void Apply(ushort setting, uint value)
    {
        switch (setting)
        {
            case Http2Settings.HeaderTableSize:
                _requests.Hpack.SetTableSize(value);
                break;
            case Http2Settings.MaxConcurrentStreams:
                _streamsMax = value;
                break;
            case Http2Settings.InitialWindowSize:
                long change = (long)value - _streamSendWindow;
                _streamSendWindow = (int)Widen(_streamSendWindow, change);
                foreach (Http2Stream stream in _streams.Values)
                {
                    stream.SendWindow = Widen(stream.SendWindow, change);
                }

                break;
            case Http2Settings.MaxFrameSize
                when value is < Http2Settings.DefaultFrameBytesMax or > Http2Settings.LargestFrameBytesMax:
                throw new Http2ConnectionException(Http2ErrorCode.ProtocolError, "the server's frame size is out of range");
            default:
                // A larger frame size is allowed, not demanded, and would gain nothing; unknown settings are to be ignored.
                break;
        }
    }

    /// <summary>Forgets a stream; its place is free for another. Under the lock.</summary>
    private void Retire(Http2Stream stream)
    {
        if (!stream.IsOver)
        {
            stream.IsOver = true;
            _streams.Remove(stream.Id);
            _slotWaiters.ReleaseOne();
            _windowWaiters.ReleaseAll();
        }
    }

    private void CloseWhenDrained()
    {
        if (!_isDraining)
        {
            return;
        }

        bool isDrained;
        lock (_lock)
        {
            isDrained = _streams.Count == 0;
        }

        if (isDrained)
        {
            Close(Unprocessed());
        }
    }

    /// <summary>Appends DATA frames as far as the windows allow. Under the lock.</summary>
    private int AppendData(Http2Stream stream, ReadOnlySpan<byte> body, bool endsBody)
    {
        int sent = 0;
        do
        {
            int window = (int)Math.Max(0, Math.Min(_sendWindow, stream.SendWindow));
            int count = Math.Min(Math.Min(body.Length, Http2Settings.DefaultFrameBytesMax), window);
            bool isLast = endsBody && count == body.Length;
            if (count == 0 && !isLast)
            {
                break;
            }

            Http2FrameWriter.WriteData(_output.Buffer, stream.Id, body[..count], isLast);
            _sendWindow -= count;
            stream.SendWindow -= count;
            sent += count;
            body = body[count..];
            stream.LocalEnded |= isLast;
        }
        while (!body.IsEmpty);

        if (stream.LocalEnded && stream.RemoteEnded)
        {
            Retire(stream);
        }

        return sent;
    }

    private RpcException Unprocessed() =>
        new(RpcStatusCode.Unavailable, _failure?.Message ?? ("the connection is draining" + _goAway)) { IsUnprocessed = true };
}
