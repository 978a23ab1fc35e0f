namespace Etcd.Grpc.Transport;

/// <summary>What opens a call on the wire, beyond the channel's fixed headers.</summary>
/// <param name="Path">The method's path.</param>
/// <param name="Timeout">Time left for the call.</param>
/// <param name="Gzip">Whether request messages may be compressed.</param>
/// <param name="Metadata">The caller's metadata.</param>
internal readonly record struct RpcCallHead(string Path, TimeSpan? Timeout, bool Gzip, RpcMetadata? Metadata);
