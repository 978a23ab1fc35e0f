using Etcd.Api.Gateway.Json;
using Etcd.Grpc.Server;

namespace Etcd.Api.Gateway;

/// <summary>Where a path of the gateway leads.</summary>
/// <param name="RpcPath">The gRPC method, <c>/service/name</c>.</param>
/// <param name="Method">The same in the service table; <see langword="null"/> when the member does not offer it.</param>
/// <param name="Request">What its requests hold.</param>
/// <param name="Reply">What its replies hold.</param>
internal sealed record GatewayRoute(string RpcPath, RpcServerMethod? Method, MessageShape Request, MessageShape Reply);
