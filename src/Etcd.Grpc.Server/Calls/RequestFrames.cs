using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Server.Calls;

/// <summary>Takes request messages out of the request body, without copying them.</summary>
/// <param name="call">The call.</param>
/// <param name="unfinished">Counts messages that are not whole; <see langword="null"/>: whoever carries the body does.</param>
internal sealed class RequestFrames(RpcExchange call, UnfinishedMessages? unfinished) : RpcRequestReader
{
    private PipeReader _body = null!;
    private int _messageBytesMax;
    private bool _gzip;
    private bool _ended;
    private bool _bodyIsWhole;
    private bool _holding;
    private SequencePosition _end;
    private ReadOnlySequence<byte> _current;
    private PooledBuffer? _plain;
    private UnfinishedMessage? _message;
    private bool _isCounted;

    private enum Found
    {
        Nothing,
        Message,
        End,
    }

    public override ReadOnlySequence<byte> Current => _current;

    /// <summary>Whether the client has ended its side of the stream: nothing comes behind what has arrived.</summary>
    public bool IsBodyWhole => _bodyIsWhole;

    /// <summary>Whether a message is held for the handler.</summary>
    public bool HoldsMessage => _holding;

    public void Start(PipeReader body, bool gzip, int messageBytesMax)
    {
        _body = body;
        _gzip = gzip;
        _messageBytesMax = messageBytesMax;
        _ended = false;
        _bodyIsWhole = false;
        _holding = false;
    }

    /// <summary>Waits until the client has ended its side, and drops what it sends until then. The current message goes with it.</summary>
    /// <exception cref="OperationCanceledException">The client has left, or the deadline has passed.</exception>
    public async ValueTask SkipToEndAsync()
    {
        try
        {
            Release();
            while (!_bodyIsWhole)
            {
                ReadResult result = await _body.ReadAsync().ConfigureAwait(false);
                _bodyIsWhole = result.IsCompleted;
                _body.AdvanceTo(result.Buffer.End);
                call.ThrowIfDeadlinePassed();
            }
        }
        catch (IOException reset)
        {
            throw ClientLeft(reset);
        }
    }

    /// <summary>Gives the current message's buffers back and lets go of the body.</summary>
    public void Stop()
    {
        try
        {
            Release();
        }
        catch (Exception over) when (over is IOException or OperationCanceledException)
        {
            // The client has left: Kestrel has taken the buffers back by itself.
        }

        _body = null!;
        _plain?.Clear();
    }

    /// <summary>The call is over: what has come of a message is gone.</summary>
    public void ForgetUnfinished()
    {
        if (_isCounted)
        {
            _isCounted = false;
            unfinished!.Ended(_message!);
        }
    }

    public override ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        try
        {
            Release();
            if (_ended)
            {
                return new ValueTask<bool>(false);
            }

            // The common case: the whole message is here already.
            if (_body.TryRead(out ReadResult result))
            {
                Found found = Examine(result);
                if (found != Found.Nothing)
                {
                    return new ValueTask<bool>(found == Found.Message);
                }
            }
        }
        catch (IOException reset)
        {
            throw ClientLeft(reset);
        }

        return WaitForNextAsync(cancellationToken);
    }

    /// <summary>Wakes a waiting <see cref="MoveNextAsync"/>, which then sees that the deadline has passed.</summary>
    public void Interrupt()
    {
        try
        {
            _body?.CancelPendingRead();
        }
        catch (Exception over) when (over is IOException or OperationCanceledException)
        {
            // The client has left: who waits is told so by the read itself.
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WaitForNextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result;
            try
            {
                result = await _body.ReadAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (IOException reset)
            {
                throw ClientLeft(reset);
            }

            Found found = Examine(result);
            if (found != Found.Nothing)
            {
                return found == Found.Message;
            }
        }
    }

    private static OperationCanceledException ClientLeft(IOException reset) => new("the client has left the call", reset);

    private Found Examine(in ReadResult result)
    {
        ReadOnlySequence<byte> body = result.Buffer;
        _bodyIsWhole = result.IsCompleted;
        if (result.IsCanceled && (call.HasDeadlinePassed || (_isCounted && _message!.IsGivenUp)))
        {
            // Looked at whole: after less than the last time Kestrel would take back room that it has given the client, and then accuse it of sending
            // too much.
            _body.AdvanceTo(body.Start, body.End);
            call.ThrowIfDeadlinePassed();
            throw CallErrors.NoRoom();
        }

        if (RpcFrame.TryReadPrefix(body, out bool compressed, out long messageBytes))
        {
            if (messageBytes > _messageBytesMax)
            {
                throw RpcFrame.TooLarge(messageBytes, _messageBytesMax);
            }

            if (body.Length >= RpcFrame.PrefixBytes + messageBytes)
            {
                Take(body.Slice(RpcFrame.PrefixBytes, messageBytes), compressed);
                return Found.Message;
            }
        }

        if (result.IsCompleted)
        {
            _ended = true;
            return body.IsEmpty ? Found.End
                : body.Length < RpcFrame.PrefixBytes ? throw CallErrors.NoRequest()
                : throw CallErrors.CutOff();
        }

        long arrived = body.Length;
        _body.AdvanceTo(body.Start, body.End);
        if (arrived > UnfinishedMessages.CountedFrom && unfinished is not null)
        {
            _isCounted = true;
            unfinished.Grew(_message ??= new UnfinishedMessage(call), arrived);
        }

        return Found.Nothing;
    }

    private void Take(in ReadOnlySequence<byte> message, bool compressed)
    {
        ForgetUnfinished();
        _end = message.End;
        _holding = true;
        _current = compressed ? Decompress(message) : message;
        call.CountReceived(_current.Length);
    }

    private ReadOnlySequence<byte> Decompress(in ReadOnlySequence<byte> message)
    {
        if (!_gzip)
        {
            throw new RpcException(RpcStatusCode.Internal, "grpc: compressed flag set with identity or empty encoding");
        }

        _plain ??= new PooledBuffer();
        GzipMessages.Decompress(message, _plain, _messageBytesMax);
        return new ReadOnlySequence<byte>(_plain.Written);
    }

    private void Release()
    {
        if (_holding)
        {
            _holding = false;
            _current = default;
            _body.AdvanceTo(_end);
        }
    }
}
