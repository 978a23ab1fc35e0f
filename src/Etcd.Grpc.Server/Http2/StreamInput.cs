using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Etcd.Grpc.Server.Http2;

/// <summary>The body of a request: the connection's reader adds what arrives, the call takes it. Reused from stream to stream.</summary>
/// <remarks>What the call has looked at is room for the client to send more, and the stream is told so. Whoever waits is woken on a thread of
/// the pool, so that the connection's reader never runs a handler from here.</remarks>
internal sealed class StreamInput(ServerStream stream) : PipeReader, IValueTaskSource
{
    private const int FirstBytes = 1024;

    private readonly Lock _lock = new();
    private ManualResetValueTaskSourceCore<bool> _signal = new() { RunContinuationsAsynchronously = true };
    private byte[] _bytes = [];
    private byte[]? _outgrown; // what the call still looks at, after the bytes moved to a larger array
    private int _start;
    private int _end;
    private int _examined;
    private bool _isHeld;
    private bool _isWaited;
    private bool _isCancelled;
    private bool _hasEnded;
    private Exception? _failure;
    private ReadOnlySequence<byte> _held;

    /// <summary>Whether the call has got bytes that it has not given back: those of a message, for as long as it works on it.</summary>
    public bool IsHeld
    {
        get
        {
            lock (_lock)
            {
                return _isHeld;
            }
        }
    }

    /// <summary>Adds bytes, and with <paramref name="ends"/> the end.</summary>
    public void Add(ReadOnlySpan<byte> bytes, bool ends)
    {
        lock (_lock)
        {
            if (!bytes.IsEmpty)
            {
                MakeRoom(bytes.Length);
                bytes.CopyTo(_bytes.AsSpan(_end));
                _end += bytes.Length;
            }

            _hasEnded |= ends;
        }

        Wake();
    }

    /// <summary>The client has reset the stream or is gone: whoever reads is told so.</summary>
    public void Fail(Exception failure)
    {
        lock (_lock)
        {
            _failure ??= failure;
        }

        Wake();
    }

    /// <summary>The call has ended. A read that it has left behind is told so.</summary>
    /// <returns><see langword="false"/> when there is such a read: it may still use the object, which must not serve another call.</returns>
    public bool TryLeave()
    {
        lock (_lock)
        {
            if (!_isWaited)
            {
                return true;
            }

            _failure ??= new IOException("the call has ended");
        }

        Wake();
        return false;
    }

    /// <summary>Forgets everything; nobody uses the object.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            ReturnArrays();
            _start = _end = _examined = 0;
            _isHeld = _isWaited = _isCancelled = _hasEnded = false;
            _failure = null;
            _held = default;
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        lock (_lock)
        {
            return TryTake(out result);
        }
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return TryReadOrWait(out ReadResult result, out ValueTask wait) ? new ValueTask<ReadResult>(result) : WaitAsync(wait, cancellationToken);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        int newlyExamined;
        int consumedBytes;
        lock (_lock)
        {
            if (!_isHeld)
            {
                return;
            }

            consumedBytes = (int)_held.Slice(_held.Start, consumed).Length;
            int lookedAt = _start + (int)_held.Slice(_held.Start, examined).Length;
            newlyExamined = Math.Max(0, lookedAt - _examined);
            _examined = Math.Max(_examined, lookedAt);
            _start += consumedBytes;
            _isHeld = false;
            _held = default;
            ReturnOutgrown();
            if (_start == _end)
            {
                _start = _end = _examined = 0;
            }
        }

        stream.Connection.InputTaken(stream, newlyExamined, consumedBytes);
    }

    public override void CancelPendingRead()
    {
        lock (_lock)
        {
            _isCancelled = true;
        }

        Wake();
    }

    /// <summary>Nothing: the stream ends with its call.</summary>
    public override void Complete(Exception? exception = null)
    {
    }

    void IValueTaskSource.GetResult(short token) => _signal.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _signal.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _signal.OnCompleted(continuation, state, token, flags);

    private bool TryReadOrWait(out ReadResult result, out ValueTask wait)
    {
        lock (_lock)
        {
            if (TryTake(out result))
            {
                wait = default;
                return true;
            }

            if (_isWaited)
            {
                throw new InvalidOperationException("the request is being read already");
            }

            _isWaited = true;
            _signal.Reset();
            wait = new ValueTask(this, _signal.Version);
            return false;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> WaitAsync(ValueTask wait, CancellationToken cancellationToken)
    {
        ReadResult result;
        do
        {
            using (cancellationToken.UnsafeRegister(static state => ((StreamInput)state!).Wake(), this))
            {
                await wait.ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
        while (!TryReadOrWait(out result, out wait));
        return result;
    }

    private bool TryTake(out ReadResult result)
    {
        if (_isCancelled || (_failure is null && (_end > _examined || _hasEnded)))
        {
            _held = new ReadOnlySequence<byte>(_bytes, _start, _end - _start);
            _isHeld = true;
            result = new ReadResult(_held, _isCancelled, _hasEnded);
            _isCancelled = false;
            return true;
        }

        result = default;
        return _failure is null ? false : throw new IOException(_failure.Message, _failure);
    }

    private void Wake()
    {
        lock (_lock)
        {
            if (!_isWaited)
            {
                return;
            }

            _isWaited = false;
        }

        _signal.SetResult(true);
    }

    private void MakeRoom(int count)
    {
        if (_bytes.Length - _end >= count)
        {
            return;
        }

        int kept = _end - _start;
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(FirstBytes, kept * 2), kept + count));
        _bytes.AsSpan(_start, kept).CopyTo(larger);
        if (_isHeld && _outgrown is null)
        {
            _outgrown = _bytes;
        }
        else
        {
            Return(_bytes);
        }

        _bytes = larger;
        _examined -= _start;
        _start = 0;
        _end = kept;
    }

    private void ReturnOutgrown()
    {
        if (_outgrown is { } array)
        {
            _outgrown = null;
            Return(array);
        }
    }

    private void ReturnArrays()
    {
        ReturnOutgrown();
        Return(_bytes);
        _bytes = [];
    }

    private static void Return(byte[] array)
    {
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}
