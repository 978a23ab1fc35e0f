using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Etcd.Grpc.Transport.Http2;

namespace Etcd.Grpc.Server.Pings;

/// <summary>Passes the input of a connection on and looks at its frame headers on the way, to see the pings.</summary>
internal sealed class GuardedInput(PipeReader input, PingPolicy policy, GuardedOutput output) : PipeReader
{
    private const int PrefaceBytes = 24;

    private readonly FrameScanner _frames = new(PrefaceBytes);

    private ReadOnlySequence<byte> _lastBuffer;
    private long _seen;

    public override bool TryRead(out ReadResult result)
    {
        if (!input.TryRead(out result))
        {
            return false;
        }

        result = Inspect(result);
        return true;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ValueTask<ReadResult> reading = input.ReadAsync(cancellationToken);
        return reading.IsCompletedSuccessfully ? new ValueTask<ReadResult>(Inspect(reading.Result)) : InspectLaterAsync(reading);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _seen -= _lastBuffer.Slice(_lastBuffer.Start, consumed).Length;
        _lastBuffer = default;
        input.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => input.CancelPendingRead();

    public override void Complete(Exception? exception = null) => input.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => input.CompleteAsync(exception);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> InspectLaterAsync(ValueTask<ReadResult> reading) =>
        Inspect(await reading.ConfigureAwait(false));

    private ReadResult Inspect(in ReadResult result)
    {
        _lastBuffer = result.Buffer;
        if (output.HasSaidGoodbye)
        {
            // Kestrel ends the connection as if the client had closed it.
            return new ReadResult(result.Buffer, isCanceled: false, isCompleted: true);
        }

        foreach (ReadOnlyMemory<byte> part in result.Buffer.Slice(_seen))
        {
            Scan(part.Span);
        }

        _seen = result.Buffer.Length;
        return result;
    }

    private void Scan(ReadOnlySpan<byte> bytes)
    {
        while (_frames.TryNext(ref bytes, out Http2FrameHeader frame))
        {
            if (frame.Type == Http2FrameType.Ping && !frame.Has(Http2FrameFlags.Ack) && policy.IsTooMuch())
            {
                // Kestrel's answer to this very ping brings the flush that carries the goodbye.
                output.SayGoodbye(input);
            }
        }
    }
}
