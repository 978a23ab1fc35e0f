using System.Net.Sockets;
using System.Security.Authentication;
using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Transport;

/// <summary>Turns failures of sockets, TLS and HTTP/2 into a status.</summary>
internal static class TransportErrors
{
    /// <summary>Status of a failed connection or stream.</summary>
    public static RpcException From(Exception failure)
    {
        for (Exception? cause = failure; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case RpcException known:
                    return known;
                case HttpProtocolException { ErrorCode: var code } when !IsConnectionLoss(cause):
                    return Reset(code, failure);
                case AuthenticationException:
                    return ConnectFailed($"authentication handshake failed: {cause.Message}", failure);
                case SocketException socket when IsConnecting(failure):
                    return ConnectFailed($"connect: {Describe(socket)}", failure);
                default:
                    break;
            }
        }

        return Lost(failure);
    }

    /// <summary>Status of a stream that the server reset.</summary>
    public static RpcException Reset(long http2ErrorCode, Exception? cause = null) => new(
        HttpStatusMapping.ToRpcFromReset(http2ErrorCode),
        $"stream terminated by RST_STREAM with error code: {Http2ErrorName(http2ErrorCode)}",
        inner: cause);

    /// <summary>Status of calls on a connection that could not be opened.</summary>
    public static RpcException ConnectFailed(string why, Exception? cause = null) =>
        new(RpcStatusCode.Unavailable, $"connection error: desc = \"transport: Error while dialing: {why}\"", inner: cause);

    /// <summary>Status of calls on a connection that broke.</summary>
    public static RpcException Lost(Exception? cause = null) =>
        new(RpcStatusCode.Unavailable, $"error reading from server: {cause?.Message ?? "EOF"}", inner: cause);

    /// <summary>What the system says of a socket error, in the words of its C library, which operators know.</summary>
    public static string Describe(SocketException failure) => failure.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.ConnectionReset => "connection reset by peer",
        SocketError.HostUnreachable => "no route to host",
        SocketError.NetworkUnreachable => "network is unreachable",
        SocketError.TimedOut => "connection timed out",
        SocketError.HostNotFound => "no such host",
        SocketError.AddressNotAvailable => "cannot assign requested address",
        _ => failure.Message,
    };

    private static bool IsConnecting(Exception failure) =>
        failure is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError }
            or SocketException;

    private static bool IsConnectionLoss(Exception failure) =>
        failure is HttpProtocolException && failure.InnerException is not null;

    /// <summary>Name of an HTTP/2 error code as Go prints it.</summary>
    public static string Http2ErrorName(long code) => code switch
    {
        0x0 => "NO_ERROR",
        0x1 => "PROTOCOL_ERROR",
        0x2 => "INTERNAL_ERROR",
        0x3 => "FLOW_CONTROL_ERROR",
        0x4 => "SETTINGS_TIMEOUT",
        0x5 => "STREAM_CLOSED",
        0x6 => "FRAME_SIZE_ERROR",
        0x7 => "REFUSED_STREAM",
        0x8 => "CANCEL",
        0x9 => "COMPRESSION_ERROR",
        0xa => "CONNECT_ERROR",
        0xb => "ENHANCE_YOUR_CALM",
        0xc => "INADEQUATE_SECURITY",
        0xd => "HTTP_1_1_REQUIRED",
        _ => $"unknown error code {code}",
    };
}
