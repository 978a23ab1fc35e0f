namespace Etcdctl.Output;

/// <summary>What one endpoint answered.</summary>
/// <param name="Endpoint">The endpoint as it was given.</param>
/// <param name="Reply">Its reply.</param>
internal readonly record struct EndpointReply<T>(string Endpoint, T Reply);
