namespace Etcd.Interop.Wire;

/// <summary>What came back for a request sent byte by byte.</summary>
/// <param name="Http">HTTP status; 0 when the stream or connection was cut instead.</param>
/// <param name="GrpcStatus">gRPC status code; none when the server did not speak gRPC.</param>
/// <param name="GrpcMessage">Its text, percent-decoded.</param>
internal sealed record RawGrpcReply(int Http, int? GrpcStatus, string GrpcMessage);
