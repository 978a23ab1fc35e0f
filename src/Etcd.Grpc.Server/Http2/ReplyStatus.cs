namespace Etcd.Grpc.Server.Http2;

/// <summary>What a reply ends with.</summary>
/// <param name="Code">Status of the call.</param>
/// <param name="Message">Text of the status, encoded for a header; may be empty.</param>
/// <param name="Trailers">The handler's own trailers.</param>
/// <param name="ErrorTrailers">Trailers that came with an error.</param>
internal readonly record struct ReplyStatus(RpcStatusCode Code, string Message, RpcMetadata? Trailers, RpcMetadata? ErrorTrailers);
