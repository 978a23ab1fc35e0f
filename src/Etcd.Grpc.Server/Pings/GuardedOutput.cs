using System.Buffers;
using System.IO.Pipelines;
using Etcd.Grpc.Transport.Http2;

namespace Etcd.Grpc.Server.Pings;

/// <summary>Passes the output of a connection on, tells the policy of what is sent on streams, and on demand puts a GOAWAY frame behind what Kestrel flushes next. Kestrel flushes at
/// the end of frames, so that the frame never lands inside another.</summary>
internal sealed class GuardedOutput(PipeWriter output, PingPolicy policy) : PipeWriter
{
    private readonly FrameScanner _frames = new(prefaceBytes: 0);
    private Memory<byte> _room;
    private PipeReader? _toStop;
    private bool _hasSaidGoodbye;

    /// <summary>GOAWAY on stream 0: no last stream is named (2^31-1 claims none was refused), ENHANCE_YOUR_CALM, "too_many_pings".</summary>
    private static ReadOnlySpan<byte> TooManyPings =>
    [
        0, 0, 22, 7, 0, 0, 0, 0, 0,
        0x7F, 0xFF, 0xFF, 0xFF,
        0, 0, 0, 0x0B,
        (byte)'t', (byte)'o', (byte)'o', (byte)'_', (byte)'m', (byte)'a', (byte)'n', (byte)'y', (byte)'_',
        (byte)'p', (byte)'i', (byte)'n', (byte)'g', (byte)'s',
    ];

    public override bool CanGetUnflushedBytes => output.CanGetUnflushedBytes;

    public override long UnflushedBytes => output.UnflushedBytes;

    /// <summary>Whether the GOAWAY has left.</summary>
    public bool HasSaidGoodbye => Volatile.Read(ref _hasSaidGoodbye);

    /// <summary>Sends GOAWAY with the next flush and then stops the input.</summary>
    public void SayGoodbye(PipeReader input) => Volatile.Write(ref _toStop, input);

    public override void Advance(int bytes)
    {
        ReadOnlySpan<byte> written = _room.Span[..bytes];
        while (_frames.TryNext(ref written, out Http2FrameHeader frame))
        {
            if (frame.Type is Http2FrameType.Data or Http2FrameType.Headers)
            {
                policy.Sent();
            }
        }

        _room = _room[bytes..];
        output.Advance(bytes);
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => _room = output.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        Volatile.Read(ref _toStop) is { } input && !_hasSaidGoodbye
            ? FlushGoodbyeAsync(input, cancellationToken)
            : output.FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => output.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => output.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => output.CompleteAsync(exception);

    private async ValueTask<FlushResult> FlushGoodbyeAsync(PipeReader input, CancellationToken cancellationToken)
    {
        output.Write(TooManyPings);
        Volatile.Write(ref _hasSaidGoodbye, true);
        FlushResult result = await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        input.CancelPendingRead();
        return result;
    }
}
