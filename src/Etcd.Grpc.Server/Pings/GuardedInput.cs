using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Etcd.Grpc.Server.Pings;

/// <summary>Passes the input of a connection on and looks at its frame headers on the way, to see the pings.</summary>
internal sealed class GuardedInput(PipeReader input, PingPolicy policy, GuardedOutput output) : PipeReader
{
    private const int PrefaceBytes = 24;
    private const int FrameHeaderBytes = 9;
    private const byte PingType = 6;
    private const byte AckFlag = 1;

    private ReadOnlySequence<byte> _lastBuffer;

    // Offset in the buffer of the next frame header to look at; the preface comes first.
    private long _nextHeader = PrefaceBytes;

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
        _nextHeader -= _lastBuffer.Slice(_lastBuffer.Start, consumed).Length;
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

        long length = result.Buffer.Length;
        while (_nextHeader + FrameHeaderBytes <= length)
        {
            LookAt(result.Buffer.Slice(_nextHeader, FrameHeaderBytes));
        }

        return result;
    }

    private void LookAt(in ReadOnlySequence<byte> header)
    {
        Span<byte> bytes = stackalloc byte[FrameHeaderBytes];
        if (header.IsSingleSegment)
        {
            header.FirstSpan.CopyTo(bytes);
        }
        else
        {
            header.CopyTo(bytes);
        }

        _nextHeader += FrameHeaderBytes + ((bytes[0] << 16) | (bytes[1] << 8) | bytes[2]);
        if (bytes[3] == PingType && (bytes[4] & AckFlag) == 0 && policy.IsTooMuch())
        {
            // Kestrel's answer to this very ping brings the flush that carries the goodbye.
            output.SayGoodbye(input);
        }
    }
}
