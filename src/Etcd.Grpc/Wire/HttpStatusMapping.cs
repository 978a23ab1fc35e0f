namespace Etcd.Grpc.Wire;

/// <summary>What an answer that is not gRPC means to a gRPC client.</summary>
/// <remarks>Source: gRPC "HTTP to gRPC status code mapping".</remarks>
internal static class HttpStatusMapping
{
    /// <summary>Status code for an HTTP status when the answer carries no <c>grpc-status</c>.</summary>
    public static RpcStatusCode ToRpc(int httpStatus) => httpStatus switch
    {
        400 => RpcStatusCode.Internal,
        401 => RpcStatusCode.Unauthenticated,
        403 => RpcStatusCode.PermissionDenied,
        404 => RpcStatusCode.Unimplemented,
        429 or 502 or 503 or 504 => RpcStatusCode.Unavailable,
        _ => RpcStatusCode.Unknown,
    };

    /// <summary>Status code for a stream that was reset with an HTTP/2 error code.</summary>
    public static RpcStatusCode ToRpcFromReset(long http2ErrorCode) => http2ErrorCode switch
    {
        0x7 => RpcStatusCode.Unavailable, // REFUSED_STREAM: not processed, may be sent again
        0x8 => RpcStatusCode.Canceled, // CANCEL
        0xb => RpcStatusCode.ResourceExhausted, // ENHANCE_YOUR_CALM
        0xc => RpcStatusCode.PermissionDenied, // INADEQUATE_SECURITY
        _ => RpcStatusCode.Internal,
    };
}
