using Etcd.Grpc;

namespace Etcd.Client;

/// <summary>One failed attempt at a call.</summary>
/// <param name="Endpoint">The endpoint it went to.</param>
/// <param name="Method">Path of the method, such as <c>/etcdserverpb.KV/Range</c>.</param>
/// <param name="Attempt">How many attempts failed before it.</param>
/// <param name="Error">What happened.</param>
/// <param name="WillRetry">The client tries again.</param>
public readonly record struct CallFailure(string Endpoint, string Method, int Attempt, RpcException Error, bool WillRetry);
