namespace Etcd.Grpc.Transport.Http2;

/// <summary>The other side broke a rule of HTTP/2 so that the connection cannot go on.</summary>
internal sealed class Http2ConnectionException(Http2ErrorCode code, string message) : Exception(message)
{
    /// <summary>What it is told in GOAWAY.</summary>
    public Http2ErrorCode Code { get; } = code;
}
