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

    // Kestrel consumes whatever has arrived, in the middle of a frame header too: what was seen of one is kept here.
    private readonly byte[] _header = new byte[FrameHeaderBytes];
    private int _headerCount;
    private int _skip = PrefaceBytes;

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
        while (!bytes.IsEmpty)
        {
            int skipped = Math.Min(_skip, bytes.Length);
            _skip -= skipped;
            bytes = bytes[skipped..];

            int taken = Math.Min(FrameHeaderBytes - _headerCount, bytes.Length);
            bytes[..taken].CopyTo(_header.AsSpan(_headerCount));
            _headerCount += taken;
            bytes = bytes[taken..];
            if (_headerCount == FrameHeaderBytes)
            {
                _headerCount = 0;
                LookAtHeader();
            }
        }
    }

    private void LookAtHeader()
    {
        _skip = (_header[0] << 16) | (_header[1] << 8) | _header[2];
        if (_header[3] == PingType && (_header[4] & AckFlag) == 0 && policy.IsTooMuch())
        {
            // Kestrel's answer to this very ping brings the flush that carries the goodbye.
            output.SayGoodbye(input);
        }
    }
}
