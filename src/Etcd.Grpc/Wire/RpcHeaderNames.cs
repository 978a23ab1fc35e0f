namespace Etcd.Grpc.Wire;

/// <summary>Names and fixed values of the headers that gRPC defines over HTTP/2.</summary>
internal static class RpcHeaderNames
{
    public const string ContentType = "content-type";
    public const string ContentTypeValue = "application/grpc";
    public const string Te = "te";
    public const string Trailers = "trailers";
    public const string UserAgent = "user-agent";
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string Timeout = "grpc-timeout";
    public const string Encoding = "grpc-encoding";
    public const string AcceptEncoding = "grpc-accept-encoding";
    public const string Gzip = "gzip";
    public const string Identity = "identity";
    public const string AcceptedEncodings = "identity,gzip";

    /// <summary>Whether a header is the protocol's own and so no metadata of the application.</summary>
    public static bool IsProtocol(string lowerCaseName) => lowerCaseName.Length == 0
        || lowerCaseName[0] == ':'
        || lowerCaseName is ContentType or Te or "content-length" or Status or Message or Timeout or Encoding or AcceptEncoding;
}
