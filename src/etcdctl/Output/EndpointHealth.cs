namespace Etcdctl.Output;

/// <summary>Whether an endpoint serves linearizable reads and reports no alarm.</summary>
/// <param name="Endpoint">The endpoint as it was given.</param>
/// <param name="IsHealthy">It does.</param>
/// <param name="Took">Time of the check.</param>
/// <param name="Error">What failed; empty when healthy.</param>
internal readonly record struct EndpointHealth(string Endpoint, bool IsHealthy, TimeSpan Took, string Error);
