using Microsoft.AspNetCore.Connections;

namespace Etcd.Grpc.Server.Ports;

/// <summary>A connection that has not shown its protocol.</summary>
/// <param name="Connection">The connection.</param>
/// <param name="Since">Timestamp of its arrival.</param>
internal readonly record struct UndetectedConnection(ConnectionContext Connection, long Since);
