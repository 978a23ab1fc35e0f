using System.Buffers;
using System.Net;

using Etcd.Grpc.Server;
using Etcd.Protocol.Rpc;
using Etcd.Server.Observation;

using Google.Protobuf;

using Microsoft.Extensions.Logging;

namespace Etcd.Api.Observation;

/// <summary>Log lines about single calls, with etcd's text and fields: a warning for each that takes too long, and in a debug log one for each.</summary>
public sealed class RequestStatsLog
{
    private const long NotCounted = -1;

    private static readonly EventId Stats = new(3000, "request stats");

    private readonly ILogger _logger;
    private readonly TimeSpan _slow;
    private readonly TimeProvider _time;

    /// <summary>Creates the log.</summary>
    /// <param name="logger">Where it writes.</param>
    /// <param name="slow">Time above which a call is worth a warning.</param>
    /// <param name="time">Clock of the start times.</param>
    public RequestStatsLog(ILogger logger, TimeSpan slow, TimeProvider time)
    {
        _logger = logger;
        _slow = slow;
        _time = time;
    }

    /// <summary>Shortest time of a call that is to be reported.</summary>
    public TimeSpan ReportedFrom => _logger.IsEnabled(LogLevel.Debug) ? TimeSpan.Zero : _slow;

    /// <summary>Writes the line of a call.</summary>
    public void Report(RpcServerCall call, in RpcUnaryReport report)
    {
        ArgumentNullException.ThrowIfNull(call);
        LogLevel level = report.Took > _slow ? LogLevel.Warning : LogLevel.Debug;
        if (!_logger.IsEnabled(level))
        {
            return;
        }

        (long requestCount, long requestBytes, bool isCounted, string content) = Describe(call, report.Request);
        List<KeyValuePair<string, object?>> facts =
        [
            new("start time", (_time.GetUtcNow() - report.Took).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", null)),
            new("time spent", DurationText.Of(report.Took)),
            new("remote", RemoteOf(call.RemoteEndPoint)),
            new("response type", call.Descriptor.Path),
            new("request count", requestCount),
            new("request size", requestBytes),
            new("response count", isCounted ? call.ReplyItems : NotCounted),
            new("response size", isCounted ? report.ReplyBytes : NotCounted),
            new("request content", content),
        ];
        _logger.Log(level, Stats, facts, null, static (_, _) => "request stats");
    }

    private static string RemoteOf(EndPoint? remote) =>
        remote is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped
            ? new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port).ToString()
            : remote?.ToString() ?? string.Empty;

    // As etcd: what a request holds is told for the four calls that work with keys. A call that ended before it was read has no bytes.
    private static (long Count, long Bytes, bool IsCounted, string Content) Describe(RpcServerCall call, in ReadOnlySequence<byte> request)
    {
        if (call.Service != ServiceNames.KeyValue)
        {
            return (NotCounted, NotCounted, false, string.Empty);
        }

        try
        {
            return call.Method switch
            {
                "Range" => (0, request.Length, true, RequestText.Of(RangeRequest.Parser.ParseFrom(request))),
                "Put" => (1, request.Length, true, RequestText.Of(PutRequest.Parser.ParseFrom(request))),
                "DeleteRange" => (0, request.Length, true, RequestText.Of(DeleteRangeRequest.Parser.ParseFrom(request))),
                "Txn" => DescribeTxn(TxnRequest.Parser.ParseFrom(request), request.Length),
                _ => (NotCounted, NotCounted, false, string.Empty),
            };
        }
        catch (InvalidProtocolBufferException)
        {
            // The call was refused for it; there is nothing that could be shown.
            return (NotCounted, NotCounted, false, string.Empty);
        }
    }

    private static (long Count, long Bytes, bool IsCounted, string Content) DescribeTxn(TxnRequest txn, long bytes) =>
        (Math.Max(txn.Success.Count, txn.Failure.Count), bytes, true, RequestText.Of(txn));
}
