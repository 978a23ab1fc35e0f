using Microsoft.Extensions.Logging;

namespace Etcd.Grpc.Server.Calls;

/// <summary>Log messages of the RPC layer.</summary>
internal static partial class CallLog
{
    [LoggerMessage(1, LogLevel.Error, "handler of {Method} failed unexpectedly")]
    public static partial void HandlerFailed(this ILogger logger, Exception failure, string method);

    [LoggerMessage(2, LogLevel.Warning, "dropped the oldest connection that showed no protocol: more than {Limit} wait")]
    public static partial void UndetectedDropped(this ILogger logger, int limit);

    [LoggerMessage(4, LogLevel.Warning, "rejected connection from {RemoteAddr}: client sent a TLS handshake to a port without TLS")]
    public static partial void TlsOnPlainPort(this ILogger logger, System.Net.EndPoint? remoteAddr);

    [LoggerMessage(3, LogLevel.Error, "accepting connections on {EndPoint} failed")]
    public static partial void AcceptFailed(this ILogger logger, Exception failure, System.Net.EndPoint endPoint);
}
