using System.Buffers;
using System.Buffers.Binary;
using System.Threading.Tasks.Sources;
using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Transport.Http2;

/// <summary>One stream: what has arrived and is not read yet, and the one waiter for more.</summary>
internal sealed class Http2Stream : RpcTransportStream, IValueTaskSource
{
    private const int FirstBufferBytes = 1024;

    private readonly Http2Connection _connection;
    private readonly Lock _gate = new();
    private readonly int _unaryBytesMax;
    private ManualResetValueTaskSourceCore<bool> _signal;
    private bool _isWaited;

    private RpcHeaderBlock? _head;
    private RpcHeaderBlock? _trailers;
    private bool _ended;
    private Exception? _failure;
    private byte[] _inbound = [];
    private int _start;
    private int _end;
    private int _uncredited;
    private PooledBuffer? _plain;

    /// <summary>Creates the stream.</summary>
    /// <param name="connection">Its connection.</param>
    /// <param name="id">Its number.</param>
    /// <param name="sendWindow">How much the server takes at first.</param>
    /// <param name="unaryBytesMax">For a unary call the largest reply; its waiter is woken once, when the reply is whole. -1 for others.</param>
    /// <param name="inlineContinuations">Whether waiters go on on the reading thread.</param>
    public Http2Stream(Http2Connection connection, int id, int sendWindow, int unaryBytesMax, bool inlineContinuations)
    {
        _connection = connection;
        Id = id;
        SendWindow = sendWindow;
        _unaryBytesMax = unaryBytesMax;
        _signal.RunContinuationsAsynchronously = !inlineContinuations;
    }

    /// <summary>The stream's number.</summary>
    public int Id { get; }

    /// <summary>How much of the body left with the opening of the stream.</summary>
    public int OpeningBytesSent { get; set; }

    /// <summary>Whether the reply is whole or the stream has failed.</summary>
    public bool IsDone => Volatile.Read(ref _ended) || Volatile.Read(ref _failure) is not null;

    /// <summary>How much more may be sent. Under the connection's lock, as the three below.</summary>
    public long SendWindow { get; set; }

    /// <summary>Whether the request body has been sent to its end.</summary>
    public bool LocalEnded { get; set; }

    /// <summary>Whether the reply has arrived to its end.</summary>
    public bool RemoteEnded { get; set; }

    /// <summary>Whether the connection has forgotten the stream.</summary>
    public bool IsOver { get; set; }

    /// <summary>Whether it is to be woken after the current read. Reading loop only.</summary>
    public bool IsTouched { get; set; }

    /// <summary>Why the stream failed, when it did.</summary>
    public RpcException? Failure => Volatile.Read(ref _failure) as RpcException;

    public override RpcHeaderBlock? Trailers => _trailers;

    public override ValueTask<RpcHeaderBlock> ReadHeadAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_head is not null)
            {
                return new ValueTask<RpcHeaderBlock>(_head);
            }
        }

        return WaitForHeadAsync(cancellationToken);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken) =>
        TryRead(destination.Span, out int count) ? new ValueTask<int>(count) : WaitForDataAsync(destination, cancellationToken);

    public override ValueTask WaitForUnaryReplyAsync(long? deadline)
    {
        if (!_connection.Reader.IsInBackground)
        {
            _connection.Reader.ReadUntilDone(this, deadline);
        }

        lock (_gate)
        {
            return _ended || _failure is not null ? default : BeginWait();
        }
    }

    public override ReadOnlySpan<byte> TakeUnaryReply()
    {
        lock (_gate)
        {
            if (!_ended)
            {
                ThrowIfFailed();
            }

            ReplyRules.CheckHead(_head!);
            if (_head!.Status is not null)
            {
                throw ReplyRules.NoReply();
            }

            ReplyRules.CheckFinal(_trailers);
            return UnaryMessage();
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        SendAsync(bytes, endsBody: false, cancellationToken);

    public override ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (!LocalEnded && !IsOver)
        {
            _connection.Send(this, default, endsBody: true);
        }

        return default;
    }

    /// <summary>Sends bytes, waiting for room as often as needed.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, bool endsBody, CancellationToken cancellationToken)
    {
        while (true)
        {
            bytes = bytes[_connection.Send(this, bytes.Span, endsBody)..];
            if (bytes.IsEmpty)
            {
                return;
            }

            await _connection.WaitForWindowAsync(this, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes headers or trailers. Reading loop only.</summary>
    public void ReceiveHeaders(RpcHeaderBlock block, bool ends)
    {
        lock (_gate)
        {
            if (_head is null)
            {
                // An interim answer announces the real one.
                if (block.HttpStatus is >= 100 and < 200 && !ends)
                {
                    return;
                }

                _head = block;
            }
            else if (ends)
            {
                _trailers = block;
            }

            _ended |= ends;
        }
    }

    /// <summary>Takes a part of the body. Reading loop only.</summary>
    /// <exception cref="Http2ConnectionException">The server sent more than it was allowed to.</exception>
    public void Receive(ReadOnlySpan<byte> data, int paddingBytes, bool ends)
    {
        int credit = 0;
        RpcException? refusal = null;
        lock (_gate)
        {
            _ended |= ends;
            _uncredited += paddingBytes;
            if (_failure is not null)
            {
                return;
            }

            // What a unary call receives is given back at once: it is bounded by the limit of the reply instead.
            bool isUnary = _unaryBytesMax >= 0;
            if ((isUnary ? 0 : _end - _start) + _uncredited + data.Length > Http2Connection.StreamWindowBytes)
            {
                throw new Http2ConnectionException(Http2ErrorCode.FlowControlError, "the server sent more than the window allows");
            }

            MakeRoom(data.Length);
            data.CopyTo(_inbound.AsSpan(_end));
            _end += data.Length;
            if (isUnary)
            {
                _uncredited += data.Length;
                refusal = RefuseLargeReply();
                if (_uncredited >= Http2Connection.StreamWindowBytes / 2 && !ends)
                {
                    credit = _uncredited;
                    _uncredited = 0;
                }
            }
        }

        if (refusal is not null)
        {
            Fail(refusal);
            _connection.Abandon(this);
        }
        else if (credit > 0)
        {
            _connection.Credit(this, credit);
        }
    }

    /// <summary>Lets the waiter see what has arrived. Reading loop only.</summary>
    public void Wake()
    {
        IsTouched = false;
        lock (_gate)
        {
            if (!_isWaited || (_unaryBytesMax >= 0 && !_ended))
            {
                return;
            }

            _isWaited = false;
        }

        _signal.SetResult(true);
    }

    /// <summary>Ends the stream before its time. What arrived whole stays readable.</summary>
    public void Fail(Exception reason)
    {
        lock (_gate)
        {
            if (_failure is not null)
            {
                return;
            }

            _failure = reason;
            if (!_isWaited)
            {
                return;
            }

            _isWaited = false;
        }

        _signal.SetResult(true);
    }

    public override void Cancel()
    {
        // A caller that reads by itself is blocked in the system: only the end of the connection wakes it.
        bool isBlocked = !IsOver && !_connection.Reader.IsInBackground;
        Close();
        if (isBlocked)
        {
            _connection.Dispose();
        }
    }

    public override void Dispose()
    {
        Close();
        lock (_gate)
        {
            ReleaseBuffer();
            _plain?.Dispose();
            _plain = null;
        }
    }

    void IValueTaskSource.GetResult(short token) => _signal.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _signal.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _signal.OnCompleted(continuation, state, token, flags);

    private void Close()
    {
        Fail(new OperationCanceledException("the call was closed"));
        _connection.Abandon(this);
    }

    private ReadOnlySpan<byte> UnaryMessage()
    {
        if (_start == _end)
        {
            throw ReplyRules.NoReply();
        }

        var body = new ReadOnlySequence<byte>(_inbound, _start, _end - _start);
        if (!RpcFrame.TryReadPrefix(body, out bool compressed, out long messageBytes)
            || messageBytes > body.Length - RpcFrame.PrefixBytes)
        {
            throw ReplyRules.CutOff();
        }

        if (messageBytes < body.Length - RpcFrame.PrefixBytes)
        {
            throw ReplyRules.ManyReplies();
        }

        ReadOnlySpan<byte> message = _inbound.AsSpan(_start + RpcFrame.PrefixBytes, (int)messageBytes);
        if (!compressed)
        {
            return message;
        }

        if (_head!.Encoding != RpcHeaderNames.Gzip)
        {
            throw ReplyRules.NotDeclaredCompressed();
        }

        _plain = new PooledBuffer();
        GzipMessages.Decompress(body.Slice(RpcFrame.PrefixBytes), _plain, _unaryBytesMax);
        return _plain.WrittenSpan;
    }

    private RpcException? RefuseLargeReply()
    {
        if (_end - _start < RpcFrame.PrefixBytes)
        {
            return null;
        }

        long messageBytes = BinaryPrimitives.ReadUInt32BigEndian(_inbound.AsSpan(_start + 1));
        return messageBytes > _unaryBytesMax || _end - _start - RpcFrame.PrefixBytes > _unaryBytesMax
            ? RpcFrame.TooLarge(messageBytes, _unaryBytesMax)
            : null;
    }

    private async ValueTask<RpcHeaderBlock> WaitForHeadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ValueTask wait;
            lock (_gate)
            {
                if (_head is not null)
                {
                    return _head;
                }

                ThrowIfFailed();
                wait = BeginWait();
            }

            await CancelableAsync(wait, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<int> WaitForDataAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        while (true)
        {
            ValueTask wait;
            lock (_gate)
            {
                if (_start == _end && !_ended)
                {
                    ThrowIfFailed();
                    wait = BeginWait();
                }
                else
                {
                    wait = default;
                }
            }

            await CancelableAsync(wait, cancellationToken).ConfigureAwait(false);
            if (TryRead(destination.Span, out int count))
            {
                return count;
            }
        }
    }

    private bool TryRead(Span<byte> destination, out int count)
    {
        int credit = 0;
        lock (_gate)
        {
            count = Math.Min(_end - _start, destination.Length);
            if (count == 0)
            {
                return _ended;
            }

            _inbound.AsSpan(_start, count).CopyTo(destination);
            _start += count;
            if (_start == _end)
            {
                _start = _end = 0;
            }

            _uncredited += count;
            if (_uncredited >= Http2Connection.StreamWindowBytes / 2 && !_ended)
            {
                credit = _uncredited;
                _uncredited = 0;
            }
        }

        if (credit > 0)
        {
            _connection.Credit(this, credit);
        }

        return true;
    }

    private ValueTask CancelableAsync(ValueTask wait, CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled && !wait.IsCompleted ? WaitOrCancelAsync(wait, cancellationToken) : wait;

    private async ValueTask WaitOrCancelAsync(ValueTask wait, CancellationToken cancellationToken)
    {
        using (cancellationToken.UnsafeRegister(static state => ((Http2Stream)state!).StopWaiting(), this))
        {
            await wait.ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private void StopWaiting()
    {
        lock (_gate)
        {
            if (!_isWaited)
            {
                return;
            }

            _isWaited = false;
        }

        _signal.SetResult(true);
    }

    private ValueTask BeginWait()
    {
        if (_isWaited)
        {
            throw new InvalidOperationException("the call is being read already");
        }

        _isWaited = true;
        _signal.Reset();
        return new ValueTask(this, _signal.Version);
    }

    private void ThrowIfFailed()
    {
        switch (_failure)
        {
            case null:
                return;
            case RpcException { } known:
                throw new RpcException(known.Code, known.Message, inner: known.InnerException) { IsUnprocessed = known.IsUnprocessed };
            default:
                throw new OperationCanceledException(_failure.Message, _failure);
        }
    }

    private void MakeRoom(int count)
    {
        if (_inbound.Length - _end >= count)
        {
            return;
        }

        int held = _end - _start;
        if (_inbound.Length - held >= count)
        {
            _inbound.AsSpan(_start, held).CopyTo(_inbound);
        }
        else
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(FirstBufferBytes, _inbound.Length * 2), held + count));
            _inbound.AsSpan(_start, held).CopyTo(larger);
            ReleaseBuffer();
            _inbound = larger;
        }

        _start = 0;
        _end = held;
    }

    private void ReleaseBuffer()
    {
        byte[] buffer = _inbound;
        _inbound = [];
        _start = _end = 0;
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
