namespace Etcd.Grpc.Server.Http2;

/// <summary>What a reply begins with.</summary>
/// <param name="HttpStatus">HTTP status, 200 for every call that reached a method.</param>
/// <param name="ContentType">Type of the body.</param>
/// <param name="UsesGzip">Whether messages may be compressed.</param>
/// <param name="AnnouncesEncodings">Whether the client is told which encodings the server takes.</param>
/// <param name="Metadata">The handler's own headers.</param>
internal readonly record struct ReplyHead(int HttpStatus, string ContentType, bool UsesGzip, bool AnnouncesEncodings, RpcMetadata? Metadata);
