using System.Buffers;
using System.IO.Pipelines;
using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Server.Calls;

/// <summary>Writes reply messages straight into the response body. The prefix is reserved before the message and filled in
/// once the length is known, so that a message is never copied.</summary>
internal sealed class ReplyFrames(RpcExchange call) : RpcReplyWriter, IBufferWriter<byte>
{
    // Room asked for at the start of a message: most replies then fit one block of the connection's pool.
    private const int FirstBlockBytes = 512;

    private PipeWriter _body = null!;
    private bool _gzip;
    private PooledBuffer? _plain;
    private PooledBuffer? _compressed;

    private bool _open;
    private Memory<byte> _prefix;   // first bytes of the message's first block; empty until that is taken
    private Memory<byte> _block;    // taken from _body and not advanced over yet
    private int _used;              // written bytes of _block
    private long _handedOver;       // bytes of this message advanced over in _body
    private long _unsent;           // bytes of ended messages since the last flush

    /// <summary>Whether any part of a message is in the response body: then the status can only follow as a trailer.</summary>
    public bool HasBody { get; private set; }

    public override long UnsentBytes => _unsent;

    /// <summary>Whether replies go out compressed.</summary>
    public bool UsesGzip => _gzip;

    public void Start(PipeWriter body, bool gzip)
    {
        _body = body;
        _gzip = gzip;
        _open = false;
        _prefix = default;
        _block = default;
        _unsent = 0;
        HasBody = false;
    }

    /// <summary>Lets go of buffers when the call is over.</summary>
    public void Stop()
    {
        _body = null!;
        _prefix = default;
        _block = default;

        // The next call may be refused before it writes anything, and its head is not to speak of this one.
        _gzip = false;
        HasBody = false;
        _plain?.Clear();
        _compressed?.Clear();
    }

    public override IBufferWriter<byte> Begin()
    {
        if (_open)
        {
            throw new InvalidOperationException("the message before this one is not ended");
        }

        _open = true;
        _prefix = default;
        _block = default;
        _used = 0;
        _handedOver = 0;
        if (!_gzip)
        {
            return this;
        }

        _plain ??= new PooledBuffer();
        _plain.Clear();
        return _plain;
    }

    public override void End()
    {
        if (!_open)
        {
            throw new InvalidOperationException("no message is begun");
        }

        long messageBytes;
        if (_gzip)
        {
            messageBytes = _plain!.Written.Length;
            _compressed ??= new PooledBuffer();
            GzipMessages.WriteFrame(_plain.Written, _compressed);
            _body.Write(_compressed.WrittenSpan);
            _unsent += _compressed.Count;
        }
        else
        {
            messageBytes = FillPrefix();
            _unsent += messageBytes + RpcFrame.PrefixBytes;
        }

        _open = false;
        HasBody = true;
        call.CountSent(messageBytes);
    }

    public override void Discard()
    {
        if (_handedOver > 0)
        {
            throw new InvalidOperationException("a part of the message is on its way");
        }

        _open = false;
    }

    /// <summary>Whether a message was left half written and cannot be taken back.</summary>
    public bool IsTorn => _open && _handedOver > 0;

    public override ValueTask SendAsync(CancellationToken cancellationToken)
    {
        End();
        return FlushAsync(cancellationToken);
    }

    public override ValueTask FlushAsync(CancellationToken cancellationToken) =>
        call.HeldUntilSent is null ? FlushBodyAsync(cancellationToken) : call.SendHeldAsync(cancellationToken);

    /// <summary>Sends, and waits for a slow client for as long as it takes.</summary>
    public ValueTask FlushBodyAsync(CancellationToken cancellationToken)
    {
        call.StartResponse();
        _unsent = 0;
        ValueTask<FlushResult> flush = _body.FlushAsync(cancellationToken);
        if (!flush.IsCompletedSuccessfully)
        {
            return AwaitFlushAsync(flush);
        }

        // Completed means that nobody reads the response any more; the reset then shows as a cancelled call.
        return flush.Result.IsCompleted ? ValueTask.FromException(ClientGone()) : default;
    }

    public override ValueTask SendHeadersAsync(CancellationToken cancellationToken) => FlushAsync(cancellationToken);

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _block.Length - _used);
        _used += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_block.Length - _used < Math.Max(sizeHint, 1))
        {
            TakeBlock(sizeHint);
        }

        return _block[_used..];
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        if (_block.Length - _used < Math.Max(sizeHint, 1))
        {
            TakeBlock(sizeHint);
        }

        return _block.Span[_used..];
    }

    private static async ValueTask AwaitFlushAsync(ValueTask<FlushResult> flush)
    {
        FlushResult result = await flush.ConfigureAwait(false);
        if (result.IsCompleted)
        {
            throw ClientGone();
        }
    }

    private static OperationCanceledException ClientGone() => new("the client reads the call no longer");

    private void TakeBlock(int sizeHint)
    {
        if (!_open)
        {
            throw new InvalidOperationException("no message is begun");
        }

        if (_prefix.IsEmpty && _used == 0)
        {
            _block = _body.GetMemory(Math.Max(sizeHint, FirstBlockBytes) + RpcFrame.PrefixBytes);
            _prefix = _block[..RpcFrame.PrefixBytes];
            _used = RpcFrame.PrefixBytes;
            return;
        }

        if (_handedOver + _used > int.MaxValue - 1)
        {
            throw new RpcException(RpcStatusCode.ResourceExhausted, "grpc: trying to send message larger than max");
        }

        // The block with the prefix stays the body's until it is flushed, which happens after the prefix is filled in.
        _body.Advance(_used);
        HasBody = true;
        _handedOver += _used;
        _used = 0;
        _block = _body.GetMemory(Math.Max(sizeHint, 1));
    }

    private long FillPrefix()
    {
        if (_prefix.IsEmpty)
        {
            TakeBlock(0);
        }

        long messageBytes = _handedOver + _used - RpcFrame.PrefixBytes;
        if (messageBytes > int.MaxValue)
        {
            throw new RpcException(
                RpcStatusCode.ResourceExhausted, $"grpc: trying to send message larger than max ({messageBytes} vs. {int.MaxValue})");
        }

        RpcFrame.WritePrefix(_prefix.Span, compressed: false, (int)messageBytes);
        _body.Advance(_used);
        _prefix = default;
        _block = default;
        _used = 0;
        return messageBytes;
    }
}
