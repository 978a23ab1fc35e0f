using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Etcd.Grpc.Server.Http2;

/// <summary>The body of a reply: the call writes pieces, a flush or the end of the call gives them to the connection, which sends them as the client's
/// windows allow. Reused from stream to stream.</summary>
/// <remarks>Pieces never move once written, since the call may fill in a length later. Those given over are guarded by the connection's lock.</remarks>
internal sealed class StreamOutput(ServerStream stream) : PipeWriter, IValueTaskSource
{
    private const int FirstPieceBytes = 2 * 1024;
    private const int PieceBytes = 32 * 1024;
    private const int CopiedBytesMax = PieceBytes / 2;

    private readonly List<Piece> _written = []; // whole pieces, the call's own
    private readonly Queue<Piece> _given = new(); // guarded by the connection's lock, as are the two below
    private Piece _lastGiven; // behind the queue, so that it can grow
    private bool _hasLastGiven;
    private ManualResetValueTaskSourceCore<bool> _signal = new() { RunContinuationsAsynchronously = true };
    private byte[] _piece = [];
    private int _pieceStart;
    private int _pieceEnd;
    private int _sent; // of the first piece given over
    private bool _isWaited;

    /// <summary>Bytes given over and not sent. Under the connection's lock.</summary>
    public long Waiting { get; private set; }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_piece.Length - _pieceEnd < Math.Max(sizeHint, 1))
        {
            BeginPiece(sizeHint);
        }

        return _piece.AsMemory(_pieceEnd);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)bytes, (uint)(_piece.Length - _pieceEnd), nameof(bytes));
        _pieceEnd += bytes;
    }

    /// <summary>Sends what was written, and waits while too much of it is on its way.</summary>
    /// <returns>Completed when the client takes no more.</returns>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        bool mayGoOn = stream.Connection.Send(stream, out ValueTask wait);
        return mayGoOn ? new ValueTask<FlushResult>(Result()) : WaitAsync(wait, cancellationToken);
    }

    public override void CancelPendingFlush() => Wake();

    /// <summary>Nothing: the stream ends with its call.</summary>
    public override void Complete(Exception? exception = null)
    {
    }

    /// <summary>Gives what was written to the connection. Under its lock, on the call's thread.</summary>
    /// <returns>How much that was.</returns>
    public long GiveOver()
    {
        long before = Waiting;
        foreach (Piece piece in _written)
        {
            GiveOrAppend(piece);
        }

        _written.Clear();
        if (_pieceEnd > _pieceStart)
        {
            GiveOrAppend(new Piece(_piece, _pieceStart, _pieceEnd));

            // The rest of the array is not used: it would have two owners.
            _piece = [];
            _pieceStart = _pieceEnd = 0;
        }

        return Waiting - before;
    }

    /// <summary>The next bytes to send, at most <paramref name="most"/>. Under the connection's lock.</summary>
    public ReadOnlySpan<byte> Peek(int most)
    {
        Piece piece = FirstGiven();
        return piece.Bytes.AsSpan(piece.Start + _sent, Math.Min(most, piece.End - piece.Start - _sent));
    }

    /// <summary>The first bytes were sent. Under the connection's lock.</summary>
    public void Sent(int count)
    {
        Waiting -= count;
        _sent += count;
        Piece piece = FirstGiven();
        if (_sent == piece.End - piece.Start)
        {
            _sent = 0;
            TakeFirstGiven();
            ArrayPool<byte>.Shared.Return(piece.Bytes);
        }
    }

    /// <summary>Begins to wait for room. Under the connection's lock.</summary>
    public ValueTask BeginWait()
    {
        _isWaited = true;
        _signal.Reset();
        return new ValueTask(this, _signal.Version);
    }

    /// <summary>Wakes a call that waits for room, if there is one.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _isWaited, false))
        {
            _signal.SetResult(true);
        }
    }

    /// <summary>Drops what was given over: the client takes no more. Under the connection's lock.</summary>
    /// <returns>How much that was.</returns>
    public long Drop()
    {
        long dropped = Waiting;
        while (_hasLastGiven)
        {
            ArrayPool<byte>.Shared.Return(TakeFirstGiven().Bytes);
        }

        Waiting = 0;
        _sent = 0;
        return dropped;
    }

    /// <summary>Forgets everything; nobody uses the object.</summary>
    public void Reset()
    {
        Drop();
        foreach (Piece piece in _written)
        {
            ArrayPool<byte>.Shared.Return(piece.Bytes);
        }

        _written.Clear();
        if (_piece.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_piece);
        }

        _piece = [];
        _pieceStart = _pieceEnd = 0;
    }

    void IValueTaskSource.GetResult(short token) => _signal.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _signal.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _signal.OnCompleted(continuation, state, token, flags);

    private async ValueTask<FlushResult> WaitAsync(ValueTask wait, CancellationToken cancellationToken)
    {
        using (cancellationToken.UnsafeRegister(static state => ((StreamOutput)state!).Wake(), this))
        {
            await wait.ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return Result();
    }

    private FlushResult Result() => new(isCanceled: false, isCompleted: stream.IsOver);

    private void GiveOrAppend(in Piece piece)
    {
        int count = piece.End - piece.Start;
        Waiting += count;
        if (_hasLastGiven && count <= CopiedBytesMax && count <= _lastGiven.Bytes.Length - _lastGiven.End)
        {
            // Copied behind what waits: a client that reads slowly would else make the server keep an array for every small message.
            piece.Bytes.AsSpan(piece.Start, count).CopyTo(_lastGiven.Bytes.AsSpan(_lastGiven.End));
            _lastGiven = _lastGiven with { End = _lastGiven.End + count };
            ArrayPool<byte>.Shared.Return(piece.Bytes);
            return;
        }

        if (_hasLastGiven)
        {
            _given.Enqueue(_lastGiven);
        }

        _lastGiven = piece;
        _hasLastGiven = true;
    }

    private Piece FirstGiven() => _given.Count > 0 ? _given.Peek() : _lastGiven;

    private Piece TakeFirstGiven()
    {
        if (_given.TryDequeue(out Piece first))
        {
            return first;
        }

        Piece last = _lastGiven;
        _lastGiven = default;
        _hasLastGiven = false;
        return last;
    }

    private void BeginPiece(int sizeHint)
    {
        bool isFirst = _piece.Length == 0 && _written.Count == 0;
        if (_pieceEnd > _pieceStart)
        {
            _written.Add(new Piece(_piece, _pieceStart, _pieceEnd));
        }
        else if (_piece.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_piece);
        }

        _piece = ArrayPool<byte>.Shared.Rent(Math.Max(sizeHint, isFirst ? FirstPieceBytes : PieceBytes));
        _pieceStart = _pieceEnd = 0;
    }

    private readonly record struct Piece(byte[] Bytes, int Start, int End);
}
