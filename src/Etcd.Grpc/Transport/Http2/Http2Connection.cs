using System.Buffers.Binary;
using Etcd.Grpc.Transport.Http2.Hpack;
using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Transport.Http2;

/// <summary>One HTTP/2 connection to a server: its streams, its windows and its output.</summary>
/// <remarks>
/// One loop reads and takes frames in; any thread appends frames to the output under the lock, and whoever finds nobody
/// sending sends all that has gathered. Streams that got something are woken once per read, not once per frame.
/// </remarks>
internal sealed class Http2Connection : IDisposable
{
    /// <summary>How much a stream may receive ahead of its reader.</summary>
    public const int StreamWindowBytes = 1 << 20;

    // The connection's window is given back as data arrives, not as it is read: one slow reader must not stop the others.
    private const int ConnectionWindowBytes = 16 << 20;
    private const int HeaderListBytesMax = 256 * 1024;
    private const int ReadBytes = 64 * 1024;
    private const int LastStreamId = int.MaxValue;

    private readonly Lock _lock = new();
    private readonly Stream _io;
    private readonly bool _inlineContinuations;
    private readonly Http2Requests _requests;
    private readonly HpackDecoder _decoder = new();
    private readonly Http2ResponseHeaders _headers = new();
    private readonly Http2KeepAlive? _keepAlive;
    private readonly Dictionary<int, Http2Stream> _streams = [];
    private readonly List<Http2Stream> _touched = [];
    private readonly Queue<TaskCompletionSource> _slotWaiters = new();
    private readonly List<TaskCompletionSource> _windowWaiters = [];
    private readonly PooledBuffer _fragment = new();

    private PooledBuffer _output = new();
    private PooledBuffer _sending = new();
    private bool _isSending;
    private bool _holdsOutput;

    private int _nextStreamId = 1;
    private long _sendWindow = Http2Settings.DefaultWindowBytes;
    private int _streamSendWindow = Http2Settings.DefaultWindowBytes;
    private uint _streamsMax = uint.MaxValue;
    private int _uncredited;
    private int _fragmentStream;
    private bool _fragmentEnds;
    private bool _isDraining;
    private string? _goAway;
    private RpcException? _failure;

    public Http2Connection(Stream io, RpcAddress address, RpcChannelOptions options)
    {
        _io = io;
        _inlineContinuations = options.InlineContinuations;
        _requests = new Http2Requests(address, options);
        Http2FrameWriter.WriteConnectionStart(_output, StreamWindowBytes, ConnectionWindowBytes, HeaderListBytesMax);
        if (options.KeepAliveInterval is { } interval)
        {
            _keepAlive = new Http2KeepAlive(this, interval, options.KeepAliveTimeout, options.KeepAliveWithoutCalls);
        }
    }

    /// <summary>Whether new calls may be opened on it.</summary>
    public bool IsUsable => _failure is null && !_isDraining && _nextStreamId < LastStreamId - 1;

    /// <summary>Whether calls are in progress.</summary>
    public bool HasStreams => _streams.Count > 0;

    /// <summary>Completes when the connection is over.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Starts reading. The first call's frames leave together with the connection's own.</summary>
    public void Start() => Completion = ReadAllAsync();

    /// <summary>Opens a stream.</summary>
    /// <param name="head">What opens the call.</param>
    /// <param name="body">First bytes of the request body.</param>
    /// <param name="endsBody">Whether they are all of it: then the reader is woken once, at the end of the reply.</param>
    /// <param name="stream">The stream; as much of the body as the windows allow has been sent.</param>
    /// <param name="sentBytes">How much of the body that is.</param>
    /// <returns><see langword="false"/> when the server allows no further stream at the moment.</returns>
    /// <exception cref="RpcException">The connection is over.</exception>
    public bool TryOpen(in RpcCallHead head, ReadOnlySpan<byte> body, bool endsBody, out Http2Stream? stream, out int sentBytes)
    {
        stream = null;
        sentBytes = 0;
        lock (_lock)
        {
            if (!IsUsable)
            {
                throw _failure ?? Unprocessed();
            }

            if (_streams.Count >= _streamsMax)
            {
                return false;
            }

            stream = new Http2Stream(this, _nextStreamId, _streamSendWindow, wakeAtEnd: endsBody, _inlineContinuations);
            _nextStreamId += 2;
            _streams.Add(stream.Id, stream);
            Http2FrameWriter.WriteHeaders(_output, stream.Id, _requests.Encode(head), endStream: false, Http2Settings.DefaultFrameBytesMax);
            sentBytes = AppendData(stream, body, endsBody);
        }

        Flush();
        return true;
    }

    /// <summary>Waits until another stream may be opened.</summary>
    public Task WaitForSlotAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_streams.Count < _streamsMax || _failure is not null)
            {
                return Task.CompletedTask;
            }

            var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _slotWaiters.Enqueue(waiter);
            return waiter.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Sends as much of a body as the windows allow.</summary>
    /// <returns>How much that is.</returns>
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

        Flush();
        return sent;
    }

    /// <summary>Waits until a window opens, or the stream is over.</summary>
    public Task WaitForWindowAsync(Http2Stream stream, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (stream.IsOver || (_sendWindow > 0 && stream.SendWindow > 0))
            {
                return Task.CompletedTask;
            }

            var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _windowWaiters.Add(waiter);
            return waiter.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Gives the server room to send more on a stream.</summary>
    public void Credit(Http2Stream stream, int bytes)
    {
        lock (_lock)
        {
            if (_failure is not null)
            {
                return;
            }

            Http2FrameWriter.WriteWindowUpdate(_output, stream.Id, bytes);
        }

        Flush();
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

            if (_failure is null)
            {
                Http2FrameWriter.WriteReset(
                    _output, stream.Id, stream.RemoteEnded ? Http2ErrorCode.NoError : Http2ErrorCode.Cancel);
            }

            Retire(stream);
        }

        Flush();
    }

    /// <summary>Asks the server for a sign of life.</summary>
    public void Ping()
    {
        lock (_lock)
        {
            if (_failure is not null)
            {
                return;
            }

            Http2FrameWriter.WritePing(_output, "etcdping"u8, isAck: false);
        }

        Flush();
    }

    /// <summary>Ends the connection; calls in progress fail with <paramref name="reason"/>.</summary>
    public void Close(RpcException reason)
    {
        List<Http2Stream> orphans;
        lock (_lock)
        {
            if (_failure is not null)
            {
                return;
            }

            _failure = reason;
            orphans = [.. _streams.Values];
            foreach (Http2Stream stream in orphans)
            {
                Retire(stream);
            }

            while (_slotWaiters.TryDequeue(out TaskCompletionSource? waiter))
            {
                waiter.SetResult();
            }

            ReleaseWindowWaiters();
        }

        foreach (Http2Stream stream in orphans)
        {
            stream.Fail(reason);
        }

        _keepAlive?.Dispose();
        _io.Dispose();
    }

    public void Dispose() => Close(new RpcException(RpcStatusCode.Canceled, "the channel is closed"));

    /// <summary>Sends what has gathered, unless somebody is sending already or the reading loop is about to.</summary>
    private void Flush()
    {
        lock (_lock)
        {
            if (_isSending || _holdsOutput || _output.Count == 0)
            {
                return;
            }

            _isSending = true;
        }

        _ = SendAllAsync();
    }

    private async Task SendAllAsync()
    {
        try
        {
            while (true)
            {
                lock (_lock)
                {
                    _sending.Clear();
                    if (_output.Count == 0 || _failure is not null)
                    {
                        _isSending = false;
                        return;
                    }

                    (_output, _sending) = (_sending, _output);
                }

                await _io.WriteAsync(_sending.Written).ConfigureAwait(false);
            }
        }
        catch (Exception failure)
        {
            Close(Lost(failure));
        }
    }

    private async Task ReadAllAsync()
    {
        byte[] buffer = new byte[ReadBytes];
        int start = 0;
        int end = 0;
        try
        {
            while (true)
            {
                int count = await _io.ReadAsync(buffer.AsMemory(end)).ConfigureAwait(false);
                if (count == 0)
                {
                    Close(Lost(null));
                    return;
                }

                end += count;
                _keepAlive?.Heard();
                start += TakeBatch(buffer.AsSpan(start, end - start));
                if (start == end)
                {
                    start = end = 0;
                }
                else if (start > 0)
                {
                    // A frame is at most a quarter of the buffer, so that what moves is little.
                    buffer.AsSpan(start, end - start).CopyTo(buffer);
                    end -= start;
                    start = 0;
                }
            }
        }
        catch (Http2ConnectionException violation)
        {
            lock (_lock)
            {
                Http2FrameWriter.WriteGoAway(_output, violation.Code);
            }

            Flush();
            Close(new RpcException(RpcStatusCode.Unavailable, $"the server broke the HTTP/2 protocol: {violation.Message}", inner: violation));
        }
        catch (Exception failure)
        {
            // Whatever it is, no call may hang on a connection that nobody reads.
            Close(Lost(failure));
        }
        finally
        {
            _decoder.Dispose();
            _fragment.Dispose();
        }
    }

    /// <summary>Takes all whole frames in, then sends what they called for and wakes the streams they touched.</summary>
    private int TakeBatch(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            _holdsOutput = true;
        }

        int taken = 0;
        try
        {
            while (bytes.Length - taken >= Http2FrameHeader.SizeBytes)
            {
                Http2FrameHeader frame = Http2FrameHeader.Read(bytes[taken..]);
                if (frame.Length > Http2Settings.DefaultFrameBytesMax)
                {
                    throw new Http2ConnectionException(Http2ErrorCode.FrameSizeError, "a frame is too large, or this is no HTTP/2 server");
                }

                if (bytes.Length - taken < Http2FrameHeader.SizeBytes + frame.Length)
                {
                    break;
                }

                Take(frame, bytes.Slice(taken + Http2FrameHeader.SizeBytes, frame.Length));
                taken += Http2FrameHeader.SizeBytes + frame.Length;
            }

            foreach (Http2Stream stream in _touched)
            {
                stream.Wake();
            }
        }
        finally
        {
            _touched.Clear();
            lock (_lock)
            {
                _holdsOutput = false;
            }
        }

        Flush();
        return taken;
    }

    private void Take(in Http2FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        if (_fragmentStream != 0 && (frame.Type != Http2FrameType.Continuation || frame.StreamId != _fragmentStream))
        {
            throw Violation("a header block is interrupted by another frame");
        }

        switch (frame.Type)
        {
            case Http2FrameType.Data:
                TakeData(frame, payload);
                break;
            case Http2FrameType.Headers:
                TakeHeaders(frame, payload);
                break;
            case Http2FrameType.Continuation:
                TakeContinuation(frame, payload);
                break;
            case Http2FrameType.RstStream:
                TakeReset(frame, payload);
                break;
            case Http2FrameType.Settings:
                TakeSettings(frame, payload);
                break;
            case Http2FrameType.Ping:
                TakePing(frame, payload);
                break;
            case Http2FrameType.GoAway:
                TakeGoAway(payload);
                break;
            case Http2FrameType.WindowUpdate:
                TakeWindowUpdate(frame, payload);
                break;
            case Http2FrameType.PushPromise:
                throw Violation("the server pushes although it may not");
            default:
                // Priority, and kinds of frames that are no part of the protocol yet: to be ignored.
                break;
        }
    }

    private void TakeData(in Http2FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        Http2Stream? stream = Find(frame.StreamId);
        ReadOnlySpan<byte> data = WithoutPadding(frame, payload);
        CreditConnection(frame.Length);
        if (stream is null)
        {
            return;
        }

        bool ends = frame.Has(Http2FrameFlags.EndStream);
        stream.Receive(data, frame.Length - data.Length, ends);
        Touch(stream);
        if (ends)
        {
            EndRemote(stream);
        }
    }

    private void TakeHeaders(in Http2FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        ReadOnlySpan<byte> block = WithoutPadding(frame, payload);
        if (frame.Has(Http2FrameFlags.Priority))
        {
            block = block.Length >= 5 ? block[5..] : throw Violation("a HEADERS frame is too short");
        }

        if (frame.Has(Http2FrameFlags.EndHeaders))
        {
            TakeBlock(frame.StreamId, block, frame.Has(Http2FrameFlags.EndStream));
            return;
        }

        _fragmentStream = frame.StreamId;
        _fragmentEnds = frame.Has(Http2FrameFlags.EndStream);
        _fragment.Clear();
        AppendFragment(block);
    }

    private void TakeContinuation(in Http2FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        if (_fragmentStream == 0)
        {
            throw Violation("a CONTINUATION frame continues nothing");
        }

        AppendFragment(payload);
        if (frame.Has(Http2FrameFlags.EndHeaders))
        {
            _fragmentStream = 0;
            TakeBlock(frame.StreamId, _fragment.WrittenSpan, _fragmentEnds);
        }
    }

    private void AppendFragment(ReadOnlySpan<byte> bytes)
    {
        // CVE-2023-45288: an endless header block must not fill the memory.
        if (_fragment.Count + bytes.Length > HeaderListBytesMax)
        {
            throw new Http2ConnectionException(Http2ErrorCode.EnhanceYourCalm, "a header block is too large");
        }

        bytes.CopyTo(_fragment.GetSpan(bytes.Length));
        _fragment.Advance(bytes.Length);
    }

    private void TakeBlock(int streamId, ReadOnlySpan<byte> block, bool ends)
    {
        // A block for a stream that is over goes through the decoder all the same: its table must follow the server's.
        Http2Stream? stream = Find(streamId);
        _headers.Begin();
        _decoder.Decode(block, stream is null ? null : _headers);
        if (stream is null)
        {
            return;
        }

        stream.ReceiveHeaders(_headers.Block, ends);
        Touch(stream);
        if (ends)
        {
            EndRemote(stream);
        }
    }

    private void TakeReset(in Http2FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        if (payload.Length != 4)
        {
            throw new Http2ConnectionException(Http2ErrorCode.FrameSizeError, "an RST_STREAM frame has a wrong size");
        }

        uint code = BinaryPrimitives.ReadUInt32BigEndian(payload);
        if (Find(frame.StreamId) is not { } stream)
        {
            return;
        }

        lock (_lock)
        {
            Retire(stream);
        }

        // After the whole reply it only means that the server wants no more of the request.
        RpcException reason = TransportErrors.Reset(code);
        reason.IsUnprocessed = code == (uint)Http2ErrorCode.RefusedStream;
        stream.Fail(reason);
    }

    private void TakeSettings(in Http2FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        if (frame.StreamId != 0 || payload.Length % Http2Settings.EntryBytes != 0)
        {
            throw new Http2ConnectionException(Http2ErrorCode.FrameSizeError, "a SETTINGS frame is malformed");
        }

        if (frame.Has(Http2FrameFlags.Ack))
        {
            return;
        }

        lock (_lock)
        {
            for (; !payload.IsEmpty; payload = payload[Http2Settings.EntryBytes..])
            {
                Apply(BinaryPrimitives.ReadUInt16BigEndian(payload), BinaryPrimitives.ReadUInt32BigEndian(payload[2..]));
            }

            Http2FrameWriter.WriteSettingsAck(_output);
            ReleaseSlots();
            ReleaseWindowWaiters();
        }
    }

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
                if (value > int.MaxValue)
                {
                    throw new Http2ConnectionException(Http2ErrorCode.FlowControlError, "the server's initial window is too large");
                }

                int change = (int)value - _streamSendWindow;
                _streamSendWindow = (int)value;
                foreach (Http2Stream stream in _streams.Values)
                {
                    stream.SendWindow += change;
                }

                break;
            case Http2Settings.MaxFrameSize:
                if (value is < Http2Settings.DefaultFrameBytesMax or > Http2Settings.LargestFrameBytesMax)
                {
                    throw Violation("the server's frame size is out of range");
                }

                // Larger frames than the smallest maximum would gain nothing.
                break;
            default:
                break;
        }
    }

    private void TakePing(in Http2FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        if (payload.Length != 8)
        {
            throw new Http2ConnectionException(Http2ErrorCode.FrameSizeError, "a PING frame has a wrong size");
        }

        if (frame.Has(Http2FrameFlags.Ack))
        {
            return;
        }

        lock (_lock)
        {
            // Answers that the server does not read must not gather without end.
            if (_output.Count > HeaderListBytesMax && _isSending)
            {
                throw new Http2ConnectionException(Http2ErrorCode.EnhanceYourCalm, "the server pings and does not read");
            }

            Http2FrameWriter.WritePing(_output, payload, isAck: true);
        }
    }

    private void TakeGoAway(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 8)
        {
            throw new Http2ConnectionException(Http2ErrorCode.FrameSizeError, "a GOAWAY frame is too short");
        }

        int lastStream = BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue;
        uint code = BinaryPrimitives.ReadUInt32BigEndian(payload[4..]);
        List<Http2Stream>? refused = null;
        lock (_lock)
        {
            _isDraining = true;
            if (code != (uint)Http2ErrorCode.NoError)
            {
                string text = System.Text.Encoding.UTF8.GetString(payload[8..Math.Min(payload.Length, 8 + 256)]);
                _goAway = $", received prior goaway: code: {TransportErrors.Http2ErrorName(code)}, debug data: \"{text}\"";
            }

            foreach (Http2Stream stream in _streams.Values)
            {
                if (stream.Id > lastStream)
                {
                    (refused ??= []).Add(stream);
                }
            }

            foreach (Http2Stream stream in refused ?? [])
            {
                Retire(stream);
            }

            ReleaseSlots();
        }

        foreach (Http2Stream stream in refused ?? [])
        {
            stream.Fail(Unprocessed());
        }

        CloseWhenDrained();
    }

    private void TakeWindowUpdate(in Http2FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        if (payload.Length != 4)
        {
            throw new Http2ConnectionException(Http2ErrorCode.FrameSizeError, "a WINDOW_UPDATE frame has a wrong size");
        }

        int increment = BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue;
        lock (_lock)
        {
            if (frame.StreamId == 0)
            {
                _sendWindow += increment;
            }
            else if (_streams.TryGetValue(frame.StreamId, out Http2Stream? stream))
            {
                stream.SendWindow += increment;
            }

            if (_sendWindow > int.MaxValue)
            {
                throw new Http2ConnectionException(Http2ErrorCode.FlowControlError, "the server opened the window too far");
            }

            ReleaseWindowWaiters();
        }
    }

    private Http2Stream? Find(int streamId)
    {
        lock (_lock)
        {
            return streamId == 0 || streamId >= _nextStreamId || (streamId & 1) == 0
                ? throw Violation("a frame is for a stream that was never opened")
                : _streams.GetValueOrDefault(streamId);
        }
    }

    private void Touch(Http2Stream stream)
    {
        if (!stream.IsTouched)
        {
            stream.IsTouched = true;
            _touched.Add(stream);
        }
    }

    /// <summary>The server has sent all of a stream; it is over when we have, too.</summary>
    private void EndRemote(Http2Stream stream)
    {
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

    /// <summary>Forgets a stream; its place is free for another. Under the lock.</summary>
    private void Retire(Http2Stream stream)
    {
        if (stream.IsOver)
        {
            return;
        }

        stream.IsOver = true;
        _streams.Remove(stream.Id);
        ReleaseSlots();
        if (_windowWaiters.Count > 0)
        {
            ReleaseWindowWaiters();
        }
    }

    private void ReleaseSlots()
    {
        for (uint free = _isDraining ? uint.MaxValue : _streamsMax - Math.Min(_streamsMax, (uint)_streams.Count);
            free > 0 && _slotWaiters.TryDequeue(out TaskCompletionSource? waiter);
            free--)
        {
            waiter.SetResult();
        }
    }

    private void ReleaseWindowWaiters()
    {
        foreach (TaskCompletionSource waiter in _windowWaiters)
        {
            waiter.SetResult();
        }

        _windowWaiters.Clear();
    }

    private void CloseWhenDrained()
    {
        bool isDrained;
        lock (_lock)
        {
            isDrained = _isDraining && _streams.Count == 0;
        }

        if (isDrained)
        {
            Close(Unprocessed());
        }
    }

    private void CreditConnection(int bytes)
    {
        _uncredited += bytes;
        if (_uncredited >= ConnectionWindowBytes / 2)
        {
            lock (_lock)
            {
                Http2FrameWriter.WriteWindowUpdate(_output, streamId: 0, _uncredited);
            }

            _uncredited = 0;
        }
    }

    /// <summary>Appends DATA frames as far as the windows allow. Under the lock.</summary>
    private int AppendData(Http2Stream stream, ReadOnlySpan<byte> body, bool endsBody)
    {
        int sent = 0;
        do
        {
            int count = (int)Math.Min(Math.Min(body.Length, Http2Settings.DefaultFrameBytesMax), Math.Max(0, Math.Min(_sendWindow, stream.SendWindow)));
            bool isLast = endsBody && count == body.Length;
            if (count == 0 && !isLast)
            {
                break;
            }

            Http2FrameWriter.WriteData(_output, stream.Id, body[..count], isLast);
            _sendWindow -= count;
            stream.SendWindow -= count;
            sent += count;
            body = body[count..];
            if (isLast)
            {
                stream.LocalEnded = true;
                if (stream.RemoteEnded)
                {
                    Retire(stream);
                }
            }
        }
        while (!body.IsEmpty);

        return sent;
    }

    private RpcException Lost(Exception? cause)
    {
        RpcException plain = TransportErrors.Lost(cause);
        return _goAway is null ? plain : new RpcException(plain.Code, plain.Message + _goAway, inner: cause);
    }

    private RpcException Unprocessed() =>
        new(RpcStatusCode.Unavailable, "the connection is draining" + _goAway) { IsUnprocessed = true };

    private static ReadOnlySpan<byte> WithoutPadding(in Http2FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        if (!frame.Has(Http2FrameFlags.Padded))
        {
            return payload;
        }

        return payload.IsEmpty || payload[0] >= payload.Length
            ? throw Violation("a frame is padded beyond its length")
            : payload[1..^payload[0]];
    }

    private static Http2ConnectionException Violation(string what) => new(Http2ErrorCode.ProtocolError, what);
}
