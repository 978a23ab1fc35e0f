namespace Etcd.Protocol.Errors;

/// <summary>How one error looks to clients.</summary>
/// <param name="Code">The error.</param>
/// <param name="GrpcStatus">gRPC status code number, 1 to 16.</param>
/// <param name="Text">Message text, part of the wire contract: clients match on it.</param>
/// <param name="HttpStatus">Status of the JSON gateway's reply.</param>
public sealed record ErrorDescription(EtcdErrorCode Code, int GrpcStatus, string Text, int HttpStatus);
