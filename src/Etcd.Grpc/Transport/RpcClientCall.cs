using System.Diagnostics;
using Google.Protobuf;

namespace Etcd.Grpc.Transport;

/// <summary>The time-out and cancellation of one call.</summary>
internal sealed class RpcClientCall : IDisposable
{
    private readonly RpcCallOptions? _options;
    private readonly RpcChannelOptions _channel;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource? _source;
    private readonly long _startedAt;

    /// <summary>Starts the clock of a call.</summary>
    /// <param name="options">What the caller asked for.</param>
    /// <param name="channel">The channel's settings.</param>
    /// <param name="isBlocking">Whether the calling thread watches the deadline itself, without a timer.</param>
    /// <param name="cancellationToken">The caller's token.</param>
    public RpcClientCall(RpcCallOptions? options, RpcChannelOptions channel, bool isBlocking, CancellationToken cancellationToken)
    {
        _options = options;
        _channel = channel;
        _caller = cancellationToken;
        if (options?.Timeout is { } timeout)
        {
            _startedAt = Stopwatch.GetTimestamp();
            if (isBlocking)
            {
                BlockingDeadline = timeout < TimeSpan.FromDays(40)
                    ? _startedAt + (long)(Math.Max(0, timeout.TotalSeconds) * Stopwatch.Frequency)
                    : null;
                return;
            }

            _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            if (timeout <= TimeSpan.Zero)
            {
                _source.Cancel();
            }
            else if (timeout < TimeSpan.FromDays(40))
            {
                // Beyond that a timer cannot count, and nobody waits.
                _source.CancelAfter(timeout);
            }
        }
    }

    /// <summary>Cancelled by the caller or when the time is over.</summary>
    public CancellationToken Token => _source?.Token ?? _caller;

    /// <summary>Timestamp at which a blocking call gives up.</summary>
    public long? BlockingDeadline { get; }

    /// <summary>Whether messages leave compressed.</summary>
    public bool Gzip => _options?.Gzip == true;

    /// <summary>Largest request message.</summary>
    public int SendBytesMax => _channel.SendBytesMax;

    /// <summary>Largest reply message.</summary>
    public int ReceiveBytesMax => _options?.ReceiveBytesMax ?? _channel.ReceiveBytesMax;

    /// <summary>What opens the call.</summary>
    public RpcCallHead Head(string path) => new(path, TimeLeft(), Gzip, _options?.Metadata);

    /// <summary>What the caller is to see of a failure.</summary>
    public Exception Translate(Exception failure) => failure switch
    {
        OperationCanceledException when _caller.IsCancellationRequested => new OperationCanceledException(_caller),
        OperationCanceledException when _source?.IsCancellationRequested == true
            || (BlockingDeadline is { } deadline && Stopwatch.GetTimestamp() >= deadline) =>
            new RpcException(RpcStatusCode.DeadlineExceeded, "context deadline exceeded", inner: failure),

        // The server was first: it resets a stream whose time is over.
        RpcException { Code: RpcStatusCode.Canceled } when TimeLeft() <= TimeSpan.Zero =>
            new RpcException(RpcStatusCode.DeadlineExceeded, "context deadline exceeded", inner: failure),
        OperationCanceledException => new RpcException(RpcStatusCode.Canceled, "the channel or the call was closed", inner: failure),
        InvalidProtocolBufferException => new RpcException(
            RpcStatusCode.Internal, $"grpc: failed to unmarshal the received message: {failure.Message}", inner: failure),
        _ => failure,
    };

    /// <summary>Makes the token cancel a stream, until the result is disposed.</summary>
    public CancellationTokenRegistration CancelWithToken(RpcTransportStream stream) =>
        Token.UnsafeRegister(static state => ((RpcTransportStream)state!).Cancel(), stream);

    public void Dispose() => _source?.Dispose();

    private TimeSpan? TimeLeft() => _options?.Timeout is { } timeout ? timeout - Stopwatch.GetElapsedTime(_startedAt) : null;
}
