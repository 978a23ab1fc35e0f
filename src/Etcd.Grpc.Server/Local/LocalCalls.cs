using System.Buffers;
using System.Diagnostics;
using Etcd.Grpc.Server.Calls;
using Etcd.Grpc.Wire;
using Microsoft.Extensions.Logging;

namespace Etcd.Grpc.Server.Local;

/// <summary>Calls methods of a service table from inside the process: the same admission, counting, reports, spans and statuses as a call that
/// came over a connection, without the connection.</summary>
public sealed class LocalCalls
{
    private readonly RpcServerOptions _options;
    private readonly RpcServiceTable _table;
    private readonly ILogger _logger;

    /// <summary>Creates callers' access to a table.</summary>
    /// <param name="options">Those of the server whose calls these count as.</param>
    /// <param name="table">The methods.</param>
    /// <param name="logger">Where unexpected failures of handlers are logged.</param>
    public LocalCalls(RpcServerOptions options, RpcServiceTable table, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(logger);
        _options = options;
        _table = table;
        _logger = logger;
    }

    /// <summary>Largest request message in bytes.</summary>
    public int ReceiveBytesMax => _options.ReceiveBytesMax;

    /// <summary>The clock of deadlines.</summary>
    public TimeProvider Time => _options.Time;

    /// <summary>The method at a path, <c>/service/name</c>; <see langword="null"/> when the table has none.</summary>
    public RpcServerMethod? Find(string path) => _table.Find(path);

    /// <summary>The status for a path that the table does not have.</summary>
    public RpcException UnknownPath(string path) => _table.UnknownPath(path);

    /// <summary>Reads a time-out as gRPC writes it: digits and a unit, <c>100m</c>.</summary>
    public static bool TryParseTimeout(string text, out TimeSpan timeout) => RpcTimeout.TryParse(text, out timeout);

    /// <summary>The status of a request message that is larger than allowed.</summary>
    public RpcException TooLarge(long bytes) =>
        new(RpcStatusCode.ResourceExhausted, $"grpc: received message larger than max ({bytes} vs. {_options.ReceiveBytesMax})");

    /// <summary>Carries out a unary call.</summary>
    /// <param name="call">The call as the handler sees it; its token must end with its deadline.</param>
    /// <param name="request">The request message.</param>
    /// <param name="reply">Receives the reply message.</param>
    /// <returns>The status; <see langword="null"/> is OK.</returns>
    public async ValueTask<RpcException?> CallAsync(RpcServerCall call, ReadOnlyMemory<byte> request, PooledBytes reply)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(reply);
        UnaryHandler handler = call.Descriptor.Unary ?? throw new ArgumentException("not a unary method", nameof(call));
        long startedAt = Start(call);
        using Activity? span = CallActivity.Begin(call);
        RpcException? status;
        try
        {
            status = Refusal(call);
            if (status is null)
            {
                CountReceived(call, request.Length);
                await handler(call, new ReadOnlySequence<byte>(request), reply).ConfigureAwait(false);
                CountSent(call, reply.WrittenCount);
            }
        }
        catch (Exception failure)
        {
            status = StatusOf(call, failure);
        }

        TimeSpan took = Stopwatch.GetElapsedTime(startedAt);
        if (took >= _options.UnaryReportedFrom)
        {
            var report = new RpcUnaryReport(
                status?.Code ?? RpcStatusCode.OK, took, new ReadOnlySequence<byte>(request), status is null ? reply.WrittenCount : 0);
            _options.ReportUnary?.Invoke(call, report);
        }

        return End(call, status, span, took);
    }

    /// <summary>Carries out a call with a stream on either side or on both.</summary>
    /// <param name="call">The call as the handler sees it; its token must end with its deadline.</param>
    /// <param name="requests">The requests.</param>
    /// <param name="replies">Takes the replies.</param>
    /// <returns>The status; <see langword="null"/> is OK.</returns>
    public async Task<RpcException?> CallAsync(RpcServerCall call, RpcRequestReader requests, RpcReplyWriter replies)
    {
        ArgumentNullException.ThrowIfNull(call);
        StreamingHandler handler = call.Descriptor.Streaming ?? throw new ArgumentException("not a streaming method", nameof(call));
        long startedAt = Start(call);
        using Activity? span = CallActivity.Begin(call);
        RpcException? status;
        try
        {
            status = Refusal(call);
            if (status is null)
            {
                await handler(call, requests, replies).ConfigureAwait(false);
            }
        }
        catch (Exception failure)
        {
            status = StatusOf(call, failure);
        }

        return End(call, status, span, Stopwatch.GetElapsedTime(startedAt));
    }

    /// <summary>Counts a message of a stream that has come in whole.</summary>
    public void CountReceived(RpcServerCall call, long messageBytes)
    {
        ArgumentNullException.ThrowIfNull(call);
        _options.Observer?.MessageReceived(call.Descriptor, messageBytes);
    }

    /// <summary>Counts a message of a stream that has gone out.</summary>
    public void CountSent(RpcServerCall call, long messageBytes)
    {
        ArgumentNullException.ThrowIfNull(call);
        call.ReplyMeter?.Sent(messageBytes);
        _options.Observer?.MessageSent(call.Descriptor, messageBytes);
    }

    private long Start(RpcServerCall call)
    {
        _options.Observer?.CallStarted(call.Descriptor);
        return Stopwatch.GetTimestamp();
    }

    private RpcException? End(RpcServerCall call, RpcException? status, Activity? span, TimeSpan took)
    {
        RpcStatusCode code = status?.Code ?? RpcStatusCode.OK;
        if (span is not null)
        {
            CallActivity.End(span, code, status?.Message ?? string.Empty);
        }

        _options.Observer?.CallHandled(call.Descriptor, code, took);
        return status;
    }

    private RpcException? Refusal(RpcServerCall call) => IsOverdue(call) ? CallErrors.DeadlinePassed() : _options.Admit?.Invoke(call);

    private RpcException StatusOf(RpcServerCall call, Exception failure)
    {
        if ((failure as RpcException ?? _options.TranslateException?.Invoke(call, failure)) is { } status)
        {
            return status;
        }

        if (failure is OperationCanceledException)
        {
            return IsOverdue(call) ? CallErrors.DeadlinePassed() : CallErrors.Canceled();
        }

        _logger.HandlerFailed(failure, call.Descriptor.Path);
        return CallErrors.Unexpected();
    }

    private bool IsOverdue(RpcServerCall call) => call.Deadline is { } deadline && _options.Time.GetUtcNow() >= deadline;
}
