using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Etcd.Peer.Streams;

/// <summary>The body of an answer in chunks, written by the caller's own thread straight into the connection's socket: nobody is woken for it. Only
/// when the network takes no more does writing go on elsewhere, as soon as there is room.</summary>
/// <remarks>
/// Frames are written where they leave from. Room is kept around them for what a chunk needs:
/// <code>| size in hexadecimal, CR LF: 10 bytes | frames | CR LF |</code>
/// One owner at a time, except for <see cref="CancelPendingFlush"/>. Whoever accepted the connection closes it.
/// </remarks>
internal sealed class ChunkedSocketWriter(Socket connection) : PipeWriter, IDisposable
{
    private const int SizeDigits = 8;
    private const int HeadBytes = SizeDigits + 2;
    private const int TailBytes = 2;
    private const int PieceBytes = 64 * 1024;

    private readonly CancellationTokenSource _cancelled = new();
    private readonly List<ArraySegment<byte>> _full = []; // chunks that wait behind each other for the flush, complete
    private byte[] _piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
    private int _end = HeadBytes; // of what was written into the piece

    /// <inheritdoc />
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_piece.Length - TailBytes - _end < Math.Max(sizeHint, 1))
        {
            BeginPiece(sizeHint);
        }

        return _piece.AsMemory(_end, _piece.Length - TailBytes - _end);
    }

    /// <inheritdoc />
    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc />
    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, _piece.Length - TailBytes - _end);
        _end += bytes;
    }

    /// <summary>Whether a piece of the answer may have left in part: nothing that follows it would be understood.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Sends what was written.</summary>
    /// <exception cref="SocketException">The connection is lost.</exception>
    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            foreach (ArraySegment<byte> chunk in _full)
            {
                await SendAsync(chunk, _cancelled.Token).ConfigureAwait(false);
            }

            if (_end > HeadBytes)
            {
                await SendAsync(Seal(), _cancelled.Token).ConfigureAwait(false);
                _end = HeadBytes;
            }
        }
        catch (OperationCanceledException) when (_cancelled.IsCancellationRequested)
        {
            return new FlushResult(isCanceled: true, isCompleted: false);
        }

        ReturnFull();
        return default;
    }

    /// <summary>Sends bytes that are no part of a chunk: the head of the answer, or its end.</summary>
    /// <exception cref="SocketException">The connection is lost.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        IsCut = true;
        while (!bytes.IsEmpty)
        {
            int sent = await connection.SendAsync(bytes, SocketFlags.None, cancellationToken).ConfigureAwait(false);
            bytes = bytes[sent..];
        }

        IsCut = false;
    }

    /// <summary>Makes a flush in progress, and all later ones, end as cancelled. Any thread.</summary>
    public override void CancelPendingFlush() => _cancelled.Cancel();

    /// <inheritdoc />
    public override void Complete(Exception? exception = null)
    {
        // The end of the answer is for whoever knows how the stream ended.
    }

    /// <summary>Gives the memory back; nothing is written any more.</summary>
    public void Dispose()
    {
        ReturnFull();
        ArrayPool<byte>.Shared.Return(_piece);
        _piece = [];
        _cancelled.Dispose();
    }

    private void ReturnFull()
    {
        foreach (ArraySegment<byte> chunk in _full)
        {
            ArrayPool<byte>.Shared.Return(chunk.Array!);
        }

        _full.Clear();
    }

    private void BeginPiece(int sizeHint)
    {
        if (_end > HeadBytes)
        {
            _full.Add(Seal());
        }
        else
        {
            ArrayPool<byte>.Shared.Return(_piece);
        }

        _piece = ArrayPool<byte>.Shared.Rent(Math.Max(PieceBytes, HeadBytes + sizeHint + TailBytes));
        _end = HeadBytes;
    }

    private ArraySegment<byte> Seal()
    {
        Span<byte> size = stackalloc byte[SizeDigits];
        (_end - HeadBytes).TryFormat(size, out int digits, "x");
        int start = SizeDigits - digits;
        size[..digits].CopyTo(_piece.AsSpan(start));
        "\r\n"u8.CopyTo(_piece.AsSpan(SizeDigits));
        "\r\n"u8.CopyTo(_piece.AsSpan(_end));
        return new ArraySegment<byte>(_piece, start, _end + TailBytes - start);
    }
}
